// Rows by id and by time; the newest version wins. Must not draw, and must not keep more than CAP rows.

export const CAP = 20000;
const TRIM = 1000;

export class Store {
  constructor(cfg) {
    this.cfg = cfg;
    this.badges = new Map(cfg.badges.map((badge, index) => [badge.slug, { ...badge, index }]));
    this.rows = new Map();
    this.sorted = [];
    this.oldestSeq = Infinity;
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

  /** Applies rows; returns { fresh, changed }: rows not seen before, and newer versions of known ones. */
  take(rows) {
    const fresh = [];
    const changed = [];
    for (const row of rows) {
      const old = this.rows.get(row.id);
      if (old && old.version >= row.version) {
        this.doubled += 1;
        continue;
      }
      if (row.seq < this.oldestSeq) this.oldestSeq = row.seq;
      if (old) {
        Object.assign(old, row);
        changed.push(old);
      } else {
        this.rows.set(row.id, row);
        fresh.push(row);
      }
    }
    this.insert(fresh);
    if (this.sorted.length > CAP + TRIM) this.trim();
    return { fresh, changed };
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
    const gone = this.sorted.splice(0, this.sorted.length - CAP);
    for (const row of gone) if (!row.due) this.rows.delete(row.id);
  }

  clear() {
    this.rows.clear();
    this.sorted = [];
    this.oldestSeq = Infinity;
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
