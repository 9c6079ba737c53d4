// Single-key shortcuts. Must never fire while somebody types, and never do a safety-relevant thing in one press.
import { byId, make, say } from './shared.js';

const OFF = 'oversight.keys-off';
const ARMED_MS = 4000;

const disabled = () => localStorage.getItem(OFF) === '1';
const typing = target => target.closest('input:not([type="radio"]):not([type="checkbox"]), textarea, select, [contenteditable]');

export class Keys {
  constructor() {
    this.table = [];
    this.armed = '';
    document.addEventListener('keydown', event => this.take(event));
    const box = byId('keys-off');
    if (!box) return;
    box.checked = disabled();
    box.addEventListener('change', () => localStorage.setItem(OFF, box.checked ? '1' : '0'));
  }

  /** `keys` as pressed, `label` as printed, `words` for the sheet; `act` returns false to let the browser have the key. */
  on(keys, label, words, act) {
    this.table.push({ keys, label, words, act });
  }

  /** Lists on the `?` sheet exactly what works, and opens it with `?`. */
  finish() {
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
    const name = event.key.length === 1 && event.key !== 'N' ? event.key.toLowerCase() : event.key;
    const entry = this.table.find(({ keys }) => keys.includes(name));
    if (entry && entry.act(event) !== false) event.preventDefault();
  }

  /** The first press arms a button and focuses it, the second within four seconds presses it. */
  twice(button, letter, verb) {
    if (!button || button.disabled) return false;
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
