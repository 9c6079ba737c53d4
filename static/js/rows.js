// A list that is walked by keyboard: which row has the focus, the next, the one before. Must not open anything.

export class Rows {
  constructor(selector) {
    this.selector = selector;
  }

  get all() {
    return [...document.querySelectorAll(this.selector)].filter(row => row.querySelector('a'));
  }

  /** The row in which the focus is, else the one that is open; null for none. */
  get current() {
    const all = this.all;
    return all.find(row => row.contains(document.activeElement)) || all.find(row => row.closest('[aria-current]')) || null;
  }

  step(by) {
    const all = this.all;
    if (!all.length) return false;
    const from = all.indexOf(this.current);
    const to = from < 0 && by < 0 ? all.length - 1 : from + by;
    all[Math.max(0, Math.min(all.length - 1, to))].querySelector('a').focus();
    return true;
  }
}
