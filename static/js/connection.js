// The connection chip and the bar under the top bar. Must not hide that what one sees may be old.
import { byId, say } from './shared.js';
import { second } from './when.js';

export class Connection {
  constructor(live) {
    this.live = live;
    this.chip = byId('conn');
    this.bar = byId('down');
    this.detail = { name: 'connecting', since: Date.now() };
    this.behind = 0;
    live.addEventListener('state', event => this.take(event.detail));
    this.part('retry').addEventListener('click', () => live.open(true));
    setInterval(() => this.draw(), 1000);
  }

  part(role) {
    return this.bar.querySelector(`[data-role="${role}"]`);
  }

  take(detail) {
    const before = this.detail.name;
    this.behind = detail.name === 'catching' ? this.behind + (detail.behind || 0) : 0;
    this.detail = { ...detail, since: ['down', 'stale'].includes(before) && detail.name === 'down' ? this.detail.since : detail.since };
    if (before !== detail.name && detail.name === 'down') say('Connection lost. What you see may be old.');
    if (before === 'down' && detail.name === 'live') say('Connected again, nothing was missed.');
    this.draw();
  }

  words() {
    const { name } = this.detail;
    if (name === 'live') return 'Live';
    if (name === 'catching') return `Catching up: ${this.behind}`;
    if (name === 'stale') return 'No data';
    if (name === 'down') return 'Disconnected';
    return name === 'expired' ? 'Signed out' : 'Connecting';
  }

  draw() {
    const { name, since, retryAt } = this.detail;
    this.chip.dataset.state = name;
    const words = this.words();
    if (this.chip.lastElementChild.textContent !== words) this.chip.lastElementChild.textContent = words;
    this.chip.title = Math.abs(this.live.skew) > 2000 ? `Your clock differs from the server's by ${Math.round(this.live.skew / 1000)} s` : '';
    const lost = name === 'down' || name === 'stale' || name === 'expired';
    this.bar.hidden = !lost || Date.now() - since < 1500;
    document.body.toggleAttribute('data-down', lost && Date.now() - since > 30000);
    if (this.bar.hidden) return;
    this.part('what').textContent = name === 'expired' ? 'You are signed out.' : `Disconnected since ${second(new Date(since))}.`;
    const wait = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    this.part('next').textContent = name === 'expired' ? 'What you see stands still.' : `What you see may be old. Trying again${wait ? ` in ${wait} s` : ''}.`;
    this.part('retry').hidden = name === 'expired';
    this.part('sign-in').hidden = name !== 'expired';
  }
}
