// Rows by id and by time; the newest version wins. Must not draw, and must not keep more than CAP rows.

export const CAP = 20000;
const TRIM = 1000;

export class Store {
  constructor(cfg) {
    this.cfg = cfg;
    this.badges = new Map(cfg.badges.map((badge, index) => [badge.slug, { ...badge, index }]));
    this.rows = new Map();
    this.sorted = [];
    this.apart = new Set();
    this.oldestSeq = Infinity;
    this.whole = false;
    this.doubled = 0;
  }

  get(id) {
    return this.rows.get(id);
  }

  badge(row) {
    return this.badges.get(this.cfg.badge_of[row.state]);
  }

  word(row) {
    return this.cfg.words[row.state];
  }

  /** Is this a row that must always be seen alone: a hold, a failure, a veto, an action beyond its level? */
  needsEyes(row) {
    return row.beyond || row.due > 0 || this.badge(row).attention >= 2;
  }

  /**
   * Applies rows; returns { fresh, changed }: rows not seen before, and newer versions of known ones. `pushed` rows that
   * are older than what is loaded stay apart until the rows between are there.
   */
  take(rows, pushed = false) {
    const fresh = [];
    const changed = [];
    for (const row of rows) {
      if (!pushed && row.seq < this.oldestSeq) this.oldestSeq = row.seq;
      const old = this.rows.get(row.id);
      if (old && old.version >= row.version) this.doubled += 1;
      else if (old) {
        Object.assign(old, row);
        changed.push(old);
      } else {
        this.rows.set(row.id, row);
        fresh.push(row);
      }
    }
    const from = pushed ? this.from : -Infinity;
    this.insert(fresh.filter(row => row.at >= from));
    for (const row of fresh) if (row.at < from) this.apart.add(row);
    this.admit();
    if (this.sorted.length > CAP + TRIM) this.trim();
    return { fresh, changed };
  }

  /** What waits for people, as it is now, however old: a stop moves deadlines and makes no new version. */
  hold(rows) {
    for (const row of rows) {
      const old = this.rows.get(row.id);
      if (old && row.version >= old.version) Object.assign(old, row);
      if (old) continue;
      this.rows.set(row.id, row);
      this.apart.add(row);
    }
    this.admit();
  }

  /** There is nothing older than what is loaded. */
  complete() {
    this.whole = true;
    this.admit();
  }

  /** Since when every row is loaded. */
  get from() {
    return this.whole ? -Infinity : this.sorted[0]?.at ?? Infinity;
  }

  /** Rows that were apart take their place once those around them are loaded. */
  admit() {
    const { from } = this;
    const ready = [...this.apart].filter(row => row.at >= from);
    for (const row of ready) this.apart.delete(row);
    this.insert(ready);
  }

  insert(fresh) {
    if (!fresh.length) return;
    fresh.sort((a, b) => a.at - b.at);
    const last = this.sorted.at(-1);
    const inOrder = !last || fresh[0].at >= last.at;
    for (const row of fresh) this.sorted.push(row);
    if (!inOrder) this.sorted.sort((a, b) => a.at - b.at);
  }

  trim() {
    this.whole = false;
    for (const row of this.sorted.splice(0, this.sorted.length - CAP)) this.apart.add(row);
    for (const row of this.apart) {
      if (row.due) continue;
      this.apart.delete(row);
      this.rows.delete(row.id);
    }
  }

  clear() {
    this.rows.clear();
    this.sorted = [];
    this.apart.clear();
    this.oldestSeq = Infinity;
    this.whole = false;
  }

  holds() {
    const held = [];
    for (const row of this.rows.values()) if (row.due > 0) held.push(row);
    return held.sort((a, b) => a.due - b.due);
  }

  /** The index of the first row at or after `ms`. */
  static lower(rows, ms) {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].at < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
