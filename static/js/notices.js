// Tells people what needs them outside the page: its title and icon, and the system's notifications where they asked for them.
// Must not decide what needs people, nor ask for permission by itself.
import { byId, neededAtFirst, say } from './shared.js';
import { heading } from './stops.js';

const KEY = 'oversight.tell';
const URGENT = 60000;

export class Notices {
  /** `open` is called with the id of the decision whose notification was pressed. */
  constructor(section, now, open) {
    Object.assign(this, { section, now, open, urged: new Set(), title: document.title, held: [], broken: false, waiting: neededAtFirst() });
    this.link = document.querySelector('link[rel="icon"]');
    this.plain = this.link.href;
    this.button = byId('tell-me');
    if (!('Notification' in window)) return;
    this.button.classList.add('works');
    this.button.addEventListener('click', () => this.toggle());
    this.showButton();
  }

  get wanted() {
    return 'Notification' in window && Notification.permission === 'granted' && localStorage.getItem(KEY) === '1';
  }

  async toggle() {
    const on = !this.wanted;
    if (on && (await Notification.requestPermission()) !== 'granted') {
      say('The browser does not let this site notify you. Its settings can change that.');
      return;
    }
    localStorage.setItem(KEY, on ? '1' : '0');
    this.showButton();
    say(on ? 'You are told on this device when a decision needs you' : 'You are no longer told on this device');
  }

  showButton() {
    this.button.setAttribute('aria-pressed', String(this.wanted));
  }

  /** Decisions that have just begun to need people. */
  fresh(rows) {
    for (const row of rows) this.tell(row.id, row.title, this.wait(row));
  }

  /** All that need people now: those that nobody has answered a minute before their end are told of once more. */
  show(rows) {
    const pressing = rows.filter(row => row.due - this.now() < URGENT);
    for (const row of pressing) {
      if (this.urged.has(row.id)) continue;
      this.urged.add(row.id);
      this.tell(row.id, `Urgent: ${row.title}`, this.wait(row));
    }
    this.held = rows;
    document.title = heading(this.title, this.waiting);
    const stopped = byId('stops').querySelector('.stopped');
    this.link.href = pressing.length || stopped || this.broken ? this.section.dataset.urgent : this.waiting ? this.section.dataset.waiting : this.plain;
  }

  /** So many decisions need people. */
  needs(n) {
    this.waiting = n;
    this.show(this.held);
  }

  /** Something failed that nobody has taken note of; no title once somebody has. */
  failed(title, body) {
    this.broken = title !== '';
    if (this.broken) this.tell('failed', title, body);
    this.show(this.held);
  }

  /** People have stopped agents, or let them go on. */
  stops() {
    const bar = byId('stops').querySelector('.stopped p');
    this.tell('stop', bar ? bar.textContent.trim().replace(/\s+/g, ' ') : 'Agents may go on: no stop is in force.', '');
  }

  /** The reader is called to a decision. */
  called(words) {
    this.tell('called', 'You are called', words);
  }

  wait(row) {
    const minutes = Math.max(1, Math.round((row.due - this.now()) / 60000));
    return `${row.risk} risk. ${minutes} min left to answer.`;
  }

  /** One notification for each thing, however often it is told of; none while its reader looks at the page. */
  tell(tag, title, body) {
    if (!this.wanted || (!document.hidden && document.hasFocus())) return;
    const shown = new Notification(title, { body, tag, renotify: true, icon: this.section.dataset.waiting });
    shown.onclick = () => {
      window.focus();
      shown.close();
      if (!['stop', 'failed', 'called'].includes(tag)) this.open(tag);
    };
  }
}
