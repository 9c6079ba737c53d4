// The virtual list: a pool of rows that stands still under the reader. Must not know how rows arrive.
import { itemsOf } from './groups.js';
import { blankRow, fillRow } from './row.js';

const SPARE = 4;
const TOP = 8;

export class Feed {
  constructor(host, pad, store) {
    Object.assign(this, { host, pad, store, rows: [], items: [], pool: [], opened: new Set(), current: '', position: new Map() });
    host.addEventListener('scroll', () => this.paint(), { passive: true });
    pad.addEventListener('click', event => {
      const button = event.target.closest('.unfold');
      if (button) this.toggle(button.dataset.key);
    });
    new ResizeObserver(() => this.resize()).observe(host);
  }

  start() {
    this.pad.replaceChildren();
    this.pad.setAttribute('aria-busy', 'false');
    this.pool = [];
    this.resize();
  }

  get atTop() {
    return this.host.scrollTop < TOP;
  }

  resize() {
    const probe = getComputedStyle(document.documentElement).getPropertyValue('--row');
    this.rowHeight = parseInt(probe, 10) || 68;
    const wanted = Math.ceil(this.host.clientHeight / this.rowHeight) + 2 * SPARE;
    while (this.pool.length < wanted) {
      const element = blankRow();
      element.hidden = true;
      this.pool.push(element);
      this.pad.append(element);
    }
    this.paint(true);
  }

  toggle(key) {
    if (!this.opened.delete(key)) this.opened.add(key);
    this.show(this.rows);
  }

  /** Shows `rows` (oldest first). What the reader looks at does not move, unless the list is at its top. */
  show(rows) {
    const anchor = this.atTop ? null : this.items[Math.floor(this.host.scrollTop / this.rowHeight)];
    const offset = this.host.scrollTop % this.rowHeight;
    this.rows = rows;
    this.items = itemsOf(rows, this.store, this.opened);
    this.position = new Map(this.items.map((item, index) => [item.id, index]));
    this.pad.hidden = !this.items.length;
    this.pad.style.height = `${this.items.length * this.rowHeight}px`;
    if (anchor && this.position.has(anchor.id)) {
      this.host.scrollTop = this.position.get(anchor.id) * this.rowHeight + offset;
    }
    this.paint();
  }

  paint(force) {
    const first = Math.max(0, Math.floor(this.host.scrollTop / this.rowHeight) - SPARE);
    const visible = this.items.slice(first, first + this.pool.length);
    const wanted = new Set(visible.map(item => item.id));
    const placed = new Map();
    const free = [];
    for (const element of this.pool) {
      if (!element.hidden && wanted.has(element.itemId)) placed.set(element.itemId, element);
      else free.push(element);
    }
    visible.forEach((item, i) => this.place(placed.get(item.id) || free.pop(), item, first + i, force));
    for (const element of free) element.hidden = true;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), 300);
  }

  place(element, item, index, force) {
    const y = index * this.rowHeight;
    if (element.y !== y) {
      element.y = y;
      element.style.transform = `translateY(${y}px)`;
    }
    element.index = index;
    element.hidden = false;
    const face = `${item.id}|${item.row.version}|${item.rows.length}|${item.open}|${item.member}`;
    if (force || element.face !== face) {
      element.face = face;
      element.itemId = item.id;
      fillRow(element, item, this.store);
    }
    const current = item.id === this.current;
    if (element.hasAttribute('aria-current') !== current) element.toggleAttribute('aria-current', current);
    if (current) element.setAttribute('aria-current', 'true');
  }

  /** Once still: the order in the document is the order on screen, and positions are told to screen readers. */
  settle() {
    const shown = this.pool.filter(element => !element.hidden).sort((a, b) => a.index - b.index);
    shown.forEach((element, i) => {
      element.setAttribute('aria-posinset', element.index + 1);
      element.setAttribute('aria-setsize', this.items.length);
      const before = shown[i - 1];
      const focused = element.contains(document.activeElement) || before?.contains(document.activeElement);
      if (before && before.nextElementSibling !== element && !focused) before.after(element);
    });
  }

  itemOf(id) {
    if (this.position.has(id)) return this.items[this.position.get(id)];
    return this.items.find(item => item.rows.some(row => row.id === id));
  }

  select(id, focus) {
    const item = this.itemOf(id);
    if (item) this.goTo(this.position.get(item.id), focus);
    else this.unselect();
  }

  unselect() {
    this.current = '';
    this.paint();
  }

  goTo(index, focus) {
    this.current = this.items[index].id;
    this.reveal(index);
    this.paint();
    if (focus) this.pool.find(element => !element.hidden && element.itemId === this.current)?.focus({ preventScroll: true });
  }

  reveal(index) {
    const y = index * this.rowHeight;
    const { scrollTop, clientHeight } = this.host;
    if (y < scrollTop) this.host.scrollTop = y;
    else if (y + this.rowHeight > scrollTop + clientHeight) this.host.scrollTop = y + this.rowHeight - clientHeight;
  }

  /** Moves the selection by one item and returns the decision it lands on. */
  step(by, focus) {
    if (!this.items.length) return null;
    const from = this.position.has(this.current) ? this.position.get(this.current) : by > 0 ? -1 : 0;
    const to = Math.max(0, Math.min(this.items.length - 1, from + by));
    this.goTo(to, focus);
    return this.items[to].row.id;
  }
}
