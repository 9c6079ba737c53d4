// The strip of decisions that wait for people. Must never be paused, folded or filtered.
import { left } from './countdown.js';
import { byId, countNeeds, icon, make, neededAtFirst, phone, shout } from './shared.js';

export class Holds {
  constructor(store, now, notices) {
    Object.assign(this, { store, now, notices, list: byId('holds'), known: new Set(), told: neededAtFirst() });
    for (const row of store.holds()) this.known.add(row.id);
  }

  /** Redraws the strip; a hold that is new is spoken. */
  show() {
    const held = this.store.holds();
    this.announce(held);
    const wanted = held.slice(0, phone.matches ? 3 : 6);
    const have = new Map([...this.list.children].map(entry => [entry.querySelector('a').dataset.id, entry]));
    for (const [id, entry] of have) if (!wanted.some(row => row.id === id)) entry.remove();
    wanted.forEach((row, i) => {
      const entry = have.get(row.id) || this.card(row);
      entry.firstElementChild.dataset.due = row.due;
      entry.firstElementChild.dataset.stopped = row.stopped ? '1' : '';
      if (this.list.children[i] !== entry) this.list.insertBefore(entry, this.list.children[i] || null);
    });
    this.count(held.length);
  }

  announce(held) {
    const fresh = held.filter(row => !this.known.has(row.id));
    for (const row of fresh) this.known.add(row.id);
    this.notices.fresh(fresh);
    this.notices.show(held);
    if (fresh.length === 1) shout(`Needs you: ${fresh[0].title}`);
    else if (fresh.length) shout(`${fresh.length} decisions need you`);
  }

  /** So many decisions need people, and not all of them are held: some can be ended by people only. */
  needs(n) {
    this.told = n;
    this.count(this.store.holds().length);
  }

  count(held) {
    // The server counts once a second; what is held here needs somebody already.
    const n = Math.max(this.told, held);
    countNeeds(n);
    const section = byId('needs');
    section.querySelector('[data-role="none"]').hidden = n > 0;
    const all = section.querySelector('[data-role="all"]');
    all.hidden = n <= this.list.children.length;
    all.textContent = `All ${n}`;
  }

  card(row) {
    const entry = make('li');
    const link = make('a', 'hold');
    link.href = `/decisions/${row.id}/`;
    link.dataset.id = row.id;
    const clock = make('span', 'cd');
    clock.append(icon('b-awaiting'), make('b', 'cd-t', left(row.due - this.now())));
    link.append(clock, make('span', `risk risk-${row.risk}`, `${row.risk} risk`), make('span', 'title', row.title));
    entry.append(link);
    return entry;
  }

  /** The id of the hold before or after `id` by deadline. */
  next(id, by) {
    const held = this.store.holds();
    if (!held.length) return null;
    const at = held.findIndex(row => row.id === id);
    const to = at < 0 ? (by > 0 ? 0 : held.length - 1) : (at + by + held.length) % held.length;
    return held[to].id;
  }
}
