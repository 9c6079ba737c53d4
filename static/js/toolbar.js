// The reader's choices above and below the lanes: window, lanes, filter, states, pause. Must not fetch or draw rows.
import { byId, say } from './shared.js';

const MINUTE = 60e3;
const WAIT = 120;

/** Calls back with choices: onWindow, onLanes, onFilter({ text, badges }), onPause. */
export class Toolbar {
  constructor(calls) {
    this.calls = calls;
    this.form = byId('toolbar');
    this.badges = new Set();
    this.paused = false;
    this.readAddress();
    this.form.addEventListener('submit', event => event.preventDefault());
    for (const radio of this.form.elements.window) radio.addEventListener('change', () => this.windowChosen());
    byId('lane-of').addEventListener('change', event => calls.onLanes(event.target.value));
    byId('q').addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.filterChosen(), WAIT);
    });
    byId('pause').addEventListener('click', () => this.pause(!this.paused));
    byId('legend').addEventListener('click', event => this.toggleBadge(event.target.closest('button')));
  }

  get window() {
    return Number(this.form.elements.window.value) * MINUTE;
  }

  get text() {
    return byId('q').value;
  }

  readAddress() {
    const asked = new URLSearchParams(location.search);
    if (asked.has('q')) byId('q').value = asked.get('q');
    const radio = [...this.form.elements.window].find(r => r.value === asked.get('window'));
    if (radio) radio.checked = true;
    for (const slug of (asked.get('state') || '').split(',').filter(Boolean)) {
      const button = byId('legend').querySelector(`[data-badge="${CSS.escape(slug)}"]`);
      if (!button) continue;
      this.badges.add(slug);
      button.setAttribute('aria-pressed', 'true');
    }
  }

  writeAddress() {
    const url = new URL(location.href);
    const put = (name, value) => (value ? url.searchParams.set(name, value) : url.searchParams.delete(name));
    put('q', this.text.trim());
    put('window', this.form.elements.window.value);
    put('state', [...this.badges].join(','));
    history.replaceState(null, '', url);
  }

  windowChosen() {
    this.writeAddress();
    this.calls.onWindow();
  }

  widen(by) {
    const radios = [...this.form.elements.window];
    const at = radios.findIndex(radio => radio.checked);
    const to = radios[Math.max(0, Math.min(radios.length - 1, at + by))];
    to.checked = true;
    say(`Window ${to.parentNode.textContent.trim()}`);
    this.windowChosen();
  }

  filterChosen() {
    this.writeAddress();
    this.calls.onFilter({ text: this.text, badges: this.badges });
  }

  toggleBadge(button) {
    if (!button) return;
    const { badge } = button.dataset;
    if (!this.badges.delete(badge)) this.badges.add(badge);
    button.setAttribute('aria-pressed', String(this.badges.has(badge)));
    this.filterChosen();
  }

  clear() {
    byId('q').value = '';
    this.badges.clear();
    for (const button of byId('legend').querySelectorAll('button')) button.setAttribute('aria-pressed', 'false');
    this.filterChosen();
  }

  /** Everything of one state, whatever was chosen before. */
  only(badge) {
    this.clear();
    this.toggleBadge(byId('legend').querySelector(`[data-badge="${badge}"]`));
  }

  pause(on) {
    this.paused = on;
    const button = byId('pause');
    button.setAttribute('aria-pressed', String(on));
    button.textContent = on ? 'Paused' : 'Pause';
    this.showWayBack();
    say(on ? 'Paused. New decisions are counted, not shown. What needs you still shows.' : 'Live');
    this.calls.onPause(on);
  }

  /** Whether the lanes show something else than what is now. */
  set away(on) {
    this.elsewhere = on;
    this.showWayBack();
  }

  showWayBack() {
    byId('go-live').hidden = !this.paused && !this.elsewhere;
  }

  /** `counts` of the rows that are loaded, `before` of those that are not, if any, by badge. */
  showCounts(counts, before) {
    for (const button of byId('legend').querySelectorAll('button')) {
      const { badge } = button.dataset;
      const n = (counts.get(badge) || 0) + (before?.[badge] || 0);
      const more = before && !(badge in before) ? '+' : '';
      button.querySelector('.num').textContent = n > 0 ? `${n.toLocaleString('en')}${more}` : '';
    }
  }
}
