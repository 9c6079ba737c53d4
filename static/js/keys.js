// Single-key shortcuts of every page. Must never fire while somebody types, and never do a safety-relevant thing in one press.
import { byId, make, say } from './shared.js';

const OFF = 'oversight.keys-off';
const ARMED_MS = 4000;
const THEN_MS = 2000;

/** What works on every page, where the page leads there: it never does more than to follow a link. */
const EVERYWHERE = [
  ['g t', 'G, T', 'to the timeline', '.top nav a[href="/"]'],
  ['g s', 'G, S', 'to the sign-off queue', '.top nav a[href="/sign-off/"]'],
  ['g r', 'G, R', 'to the reports', '.top nav a[href="/reports/"]'],
  ['>', '>', 'to the page that stops agents', '.top a[href="/stop/"]'],
];

const disabled = () => localStorage.getItem(OFF) === '1';
const typing = target => target.closest('input:not([type="radio"]):not([type="checkbox"]), textarea, select, [contenteditable]');

class Keys {
  constructor() {
    this.table = [];
    this.armed = '';
    this.begun = { key: '', until: 0 };
    this.done = false;
    document.addEventListener('keydown', event => this.take(event));
    const box = byId('keys-off');
    if (!box) return;
    box.checked = disabled();
    box.addEventListener('change', () => localStorage.setItem(OFF, box.checked ? '1' : '0'));
  }

  /**
   * `keys` as pressed, `label` as printed, `words` for the sheet; `act` returns false to let the browser have the key.
   * Two keys with a blank between them are pressed one after the other; a capital letter is one with Shift.
   */
  on(keys, label, words, act) {
    this.table.push({ keys, label, words, act });
  }

  /** Adds what works on every page, lists on the `?` sheet exactly what works, and opens it with `?`. Once a page. */
  finish() {
    if (this.done || !byId('help')) return;
    this.done = true;
    for (const [key, label, words, selector] of EVERYWHERE) {
      const link = document.querySelector(selector);
      if (link) this.on([key], label, words, () => link.click());
    }
    this.on(['?'], '?', 'this list', () => byId('help').showModal());
    const list = byId('key-list');
    for (const { label, words } of this.table) {
      const term = make('dt');
      term.append(make('kbd', '', label));
      list.append(term, make('dd', '', words));
    }
  }

  take(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    if (typing(event.target)) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if (disabled() && event.key.length === 1 && event.key !== '?') return;
    // A key that is held down is no second press of an answer.
    this.held = event.repeat;
    const entry = this.find(event);
    if (entry && entry.act(event) !== false) event.preventDefault();
  }

  find(event) {
    const single = event.key.length === 1;
    const named = name => this.table.find(({ keys }) => keys.includes(name));
    const small = single ? event.key.toLowerCase() : event.key;
    const before = this.begun.until > event.timeStamp ? this.begun.key : '';
    // Shift comes as a key of its own before the one that it is held for.
    if (event.key !== 'Shift') this.begun = { key: '', until: 0 };
    if (before) return named(`${before} ${small}`);
    if (single && this.table.some(({ keys }) => keys.some(key => key.startsWith(`${small} `)))) {
      this.begun = { key: small, until: event.timeStamp + THEN_MS };
    }
    return (event.shiftKey && named(event.key)) || named(small);
  }

  /** The first press arms a button and focuses it, the second within four seconds presses it. */
  twice(button, letter, verb) {
    if (!button || button.disabled) return false;
    if (this.held) return true;
    if (this.armed === letter && document.activeElement === button) {
      this.armed = '';
      button.form.requestSubmit(button);
      return true;
    }
    this.armed = letter;
    button.focus();
    button.classList.add('armed');
    say(`Press ${letter.toUpperCase()} again to ${verb}`);
    setTimeout(() => {
      this.armed = '';
      button.classList.remove('armed');
    }, ARMED_MS);
    return true;
  }
}

/** Those of this page. */
export const keys = new Keys();
