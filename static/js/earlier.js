// What occurred before the rows that are loaded: the server's counts, lane by lane. Must not draw.
import { timeline, unasked } from './shared.js';
import { between } from './when.js';

const AGAIN = 5000;
const STALE = 300e3;
const LEAST = 50;

export class Earlier {
  /** Calls `changed` when there are other counts. */
  constructor(lanes, store, changed) {
    Object.assign(this, { lanes, store, changed, asked: '', at: 0, counts: null });
    lanes.earlier = this;
  }

  /**
   * Asks anew where window or lanes have changed; in a while, where counts do not reach up to the rows; now and then, since
   * states change. `whole` where nothing before the rows is to be shown.
   */
  look(whole) {
    const oldest = this.store.from;
    const asked = whole ? '' : `${Math.round(this.lanes.window)} ${this.lanes.key}`;
    if (whole || (this.counts && this.counts.by !== this.lanes.key)) this.put(null);
    else if (this.counts && oldest < this.counts.to) this.giveUp(oldest);
    if (asked === this.asked && performance.now() - this.at < (oldest <= this.counts?.to ? STALE : AGAIN)) return;
    Object.assign(this, { asked, at: performance.now() });
    if (!whole) this.ask(this.at).catch(() => this.put(null));
  }

  async ask(at) {
    const { from, perMs, key: by } = this.lanes;
    const to = this.store.from;
    const px = Math.floor((to - from) * perMs);
    if (!(px >= LEAST)) throw new RangeError();
    const told = await timeline(`/lanes?${between(from, to, { px, by })}`, unasked);
    if (at !== this.at) return;
    const lanes = [...told.lanes, told.others];
    for (const lane of lanes) lane.cells = this.cells(lane.columns, told.badges);
    // Older rows may have come meanwhile.
    const counts = { ...told, lanes, by, to: Math.min(to, this.store.from) };
    // Columns are whole: the last one may reach into the rows that are loaded.
    this.takeOut(counts, told.start + told.columns_in_window * told.width);
    this.put(counts);
  }

  /** Column → { n, share: badge → how many }. */
  cells(columns, badges) {
    return new Map(columns.map(([column, n, ...marks]) => {
      const share = new Map();
      for (let i = 0; i < marks.length; i += 2) share.set(this.store.badges.get(badges[marks[i]]), marks[i + 1]);
      return [column, { n, share }];
    }));
  }

  /** Rows that are loaded and occurred before `until` must not count twice. */
  takeOut({ start, width, lanes, totals, by }, until) {
    const named = new Map(lanes.map(lane => [lane.name, lane]));
    for (const row of this.store.sorted) {
      if (row.at >= until) return;
      const cell = (named.get(row[by]) ?? lanes.at(-1)).cells.get(Math.floor((row.at - start) / width));
      const badge = this.store.badge(row);
      if (!cell?.n) continue;
      cell.n -= 1;
      totals[badge.slug] -= 1;
      if (cell.share.get(badge) > 1) cell.share.set(badge, cell.share.get(badge) - 1);
      else cell.share.delete(badge);
    }
  }

  put(counts) {
    if (!counts && !this.counts) return;
    this.counts = counts;
    this.lanes.choose();
    this.changed();
  }

  /** Leaves to the rows what has been loaded since. */
  giveUp(oldest) {
    this.takeOut(this.counts, this.counts.to);
    this.counts.to = oldest;
    this.put(this.counts);
  }

  /** The lanes that were counted, each with its tier and how much there is to see in it. */
  *weighed() {
    for (const { name, tier, cells } of this.counts?.lanes.slice(0, -1) ?? []) {
      let weight = 0;
      for (const { n, share } of cells.values()) {
        weight += n * 0.1;
        for (const [badge, many] of share) weight += badge.attention * 3 * many;
      }
      yield { name, tier, weight };
    }
  }
}
