// What occurred before the rows that are loaded: the server's counts, drawn over all lanes at once. Must not guess a lane.
import { AXIS } from './lane-frame.js';
import { auto } from './when.js';

const AGAIN = 5000;
const LEAST = 24;
const HIGHEST = 0.6;

export class Earlier {
  constructor(lanes, store) {
    Object.assign(this, { lanes, store, span: '', oldest: 0, at: 0, counts: null, totals: new Map() });
    lanes.earlier = this;
  }

  /**
   * Asks anew where the window has changed, at once, or how far rows are loaded, now and then; `whole` where nothing
   * before them is to be shown.
   */
  look(whole) {
    const oldest = this.store.sorted[0]?.at;
    const span = whole ? '' : `${Math.round(this.lanes.window)}`;
    // Rows that have been loaded since must not count twice.
    if (whole || (this.counts && oldest < this.counts.to)) this.put(null);
    if (span === this.span && (oldest === this.oldest || performance.now() - this.at < AGAIN)) return;
    Object.assign(this, { span, oldest, at: performance.now() });
    if (!whole) this.ask().catch(() => this.put(null));
  }

  async ask() {
    const { from, perMs } = this.lanes;
    const to = this.store.sorted[0]?.at;
    const px = Math.floor((to - from) * perMs);
    if (!(px >= LEAST)) {
      this.put(null);
      return;
    }
    const query = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString(), px });
    const answer = await fetch(`/api/v1/timeline/bins?${query}`);
    if (!answer.ok) throw new Error(`bins ${answer.status}`);
    const { start, width, badges, columns } = await answer.json();
    this.takeOut(columns.at(-1), start, width, badges);
    this.put(columns.length ? { start, width, badges, to, columns } : null);
  }

  /** Columns are whole: the last one may reach into the rows that are loaded, which must not count twice. */
  takeOut(last, start, width, badges) {
    for (const row of last ? this.store.sorted : []) {
      if (row.at >= start + (last[0] + 1) * width) return;
      const place = 1 + badges.indexOf(this.store.badge(row).slug);
      last[place] = Math.max(0, last[place] - 1);
    }
  }

  put(counts) {
    if (!counts && !this.counts) return;
    this.counts = counts;
    this.totals = new Map((counts?.badges ?? []).map((slug, i) => [slug, counts.columns.reduce((sum, column) => sum + column[i + 1], 0)]));
    this.lanes.version += 1;
  }

  paint(c) {
    const { lanes, counts } = this;
    if (!counts || lanes.x(counts.to) <= lanes.gutter) return;
    const floor = lanes.height - AXIS;
    const end = lanes.x(counts.to);
    const sums = counts.columns.map(([, ...each]) => each.reduce((sum, n) => sum + n, 0));
    const unit = (floor * HIGHEST) / Math.log2(Math.max(1, ...sums) + 1);
    counts.columns.forEach((column, i) => this.column(c, column, sums[i], Math.log2(sums[i] + 1) * unit, floor));
    c.fillStyle = lanes.theme.mute;
    c.fillRect(Math.round(end), 0, 1, floor);
    c.textAlign = 'right';
    if (end - lanes.gutter > 260) c.fillText(`Before ${auto(new Date(counts.to))}: counts of all lanes`, end - 8, 14);
    c.textAlign = 'left';
  }

  /** As high as there are many, with the share of those that call for attention at its top. */
  column(c, [at, ...each], sum, height, floor) {
    const { lanes, counts, store } = this;
    const begin = counts.start + at * counts.width;
    const x = Math.round(lanes.x(begin));
    const wide = Math.max(1, Math.round(lanes.x(begin + counts.width)) - x - 1);
    c.fillStyle = lanes.theme.density;
    c.fillRect(x, floor - height, wide, height);
    let top = Math.round(floor - height);
    counts.badges.forEach((slug, i) => {
      if (!each[i] || !store.badges.get(slug).attention) return;
      const part = Math.max(2, Math.round((height * each[i]) / sum));
      c.fillStyle = lanes.theme.colours[slug];
      c.fillRect(x, top, wide, part);
      top += part;
    });
  }
}
