// When the list is repainted, what the pill counts, and what an empty list says. Must not delay a hold.
import { byId, counted, make } from './shared.js';
import { day, minute } from './when.js';

const EVERY = 125;

export class Listing {
  constructor({ feed, view, store, toolbar }) {
    Object.assign(this, { feed, view, store, toolbar, unseen: 0, at: 0, timer: 0 });
    this.pill = byId('pill');
    this.none = byId('lanes').appendChild(make('div', 'lane-none'));
    this.none.hidden = true;
    this.pill.addEventListener('click', () => this.goLive());
    feed.host.addEventListener('scroll', () => {
      if (feed.atTop && !toolbar.paused) this.seen();
    }, { passive: true });
  }

  /** `n` rows have come; the list follows at most eight times a second, at once when `urgent`. */
  changed(n, urgent) {
    if (n && (this.toolbar.paused || !this.feed.atTop)) this.unseen += n;
    const wait = EVERY - (performance.now() - this.at);
    if (urgent || wait <= 0) this.flush();
    else this.timer ||= setTimeout(() => this.flush(), wait);
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.at = performance.now();
    if (!this.toolbar.paused) this.feed.show(this.view.rows.slice());
    this.drawPill();
    this.drawWords();
  }

  seen() {
    this.unseen = 0;
    this.drawPill();
  }

  goLive() {
    if (this.toolbar.paused) this.toolbar.pause(false);
    this.feed.host.scrollTop = 0;
    this.unseen = 0;
    this.flush();
  }

  drawPill() {
    this.pill.hidden = !this.unseen;
    if (this.unseen) this.pill.textContent = this.unseen > 999 ? '999+ new' : `${this.unseen} new`;
  }

  drawWords() {
    const n = this.view.rows.length;
    const all = this.store.sorted.length;
    byId('shown').textContent = this.view.filtered ? `${n.toLocaleString('en')} of ${all.toLocaleString('en')} match` : `${n.toLocaleString('en')} loaded`;
    const none = byId('feed-none');
    none.hidden = n > 0;
    if (n) return;
    if (!all) {
      none.replaceChildren(make('strong', '', 'No agent has acted yet'), 'Decisions appear here as soon as an agent reports one.');
      return;
    }
    const button = make('button', 'button', 'Clear the filter');
    button.type = 'button';
    button.addEventListener('click', () => this.toolbar.clear());
    none.replaceChildren(make('strong', '', `Nothing matches in ${counted(all, 'decision')}`), button);
  }

  /** What the lanes say when the window holds nothing. */
  drawLanesNone(from) {
    const last = this.view.rows.at(-1);
    const nothing = !last || last.at < from;
    if (this.none.hidden === !nothing) return;
    this.none.hidden = !nothing;
    if (!nothing) return;
    const words = make('p', '', 'No decisions in this window. ');
    this.none.replaceChildren(words);
    if (!last) return;
    words.append(`The last one was at ${minute(new Date(last.at))} on ${day(new Date(last.at))}.`);
    const button = make('button', 'button', 'Widen the window');
    button.type = 'button';
    button.addEventListener('click', () => this.toolbar.widen(1));
    this.none.append(button);
  }
}
