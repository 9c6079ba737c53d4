// Older rows, fetched page by page as the reader needs them. Must not fetch two pages at once.
import { timeline } from './shared.js';

const PAGE = 200;
const AT_START = 2000;

export class Older {
  constructor(store, taken) {
    Object.assign(this, { store, taken, done: false, busy: null });
  }

  page() {
    this.busy ||= this.fetchPage().finally(() => {
      this.busy = null;
    });
    return this.busy;
  }

  async fetchPage() {
    // With no row at all there is nothing older, and asking again would never end.
    if (this.store.oldestSeq === Infinity) this.end([]);
    if (this.done) return;
    const { rows } = await timeline(`?before=${this.store.oldestSeq}&limit=${PAGE}`);
    const before = this.store.oldestSeq;
    const { fresh } = this.store.take(rows);
    if (rows.length === 0 || this.store.oldestSeq === before) this.end(fresh);
    else if (fresh.length) this.taken(fresh);
  }

  end(fresh) {
    this.done = true;
    this.store.complete();
    this.taken(fresh);
  }

  /** Fetches quietly until the list has a good stock, or there is no more. */
  async stock() {
    while (!this.done && this.store.sorted.length < AT_START) {
      try {
        await this.page();
      } catch {
        return;
      }
    }
  }
}

/** The newest rows, for a reader who missed more than the stream replays: { seq, rows }. */
export function snapshot(seq) {
  return timeline(`?before=${seq + 1}&limit=${PAGE}`);
}
