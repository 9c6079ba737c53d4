// Says that actions have failed while the page was open, until somebody has taken note. Must not cover what needs people.
import { byId, counted } from './shared.js';
import { minute } from './when.js';

export class Failures {
  /** `show` is called to show every failed one in the list. */
  constructor(store, notices, show) {
    Object.assign(this, { store, notices, bar: byId('failures'), seen: new Set(), count: 0, since: '' });
    this.know(store.sorted);
    this.part('show').addEventListener('click', () => {
      show();
      this.dismiss();
    });
    this.part('dismiss').addEventListener('click', () => this.dismiss());
  }

  part(role) {
    return this.bar.querySelector(`[data-role="${role}"]`);
  }

  failed(row) {
    return !row.replayed && this.store.badge(row).slug === 'failed';
  }

  /** Rows of before: that they failed is no news. */
  know(rows) {
    for (const row of rows) if (this.failed(row)) this.seen.add(row.id);
  }

  /** Rows that have just come or changed. */
  take(rows) {
    const fresh = rows.filter(row => this.failed(row) && !this.seen.has(row.id));
    if (!fresh.length) return;
    for (const row of fresh) this.seen.add(row.id);
    const last = fresh.at(-1);
    // A storm of failures is one notification, and one line that counts them.
    if (!this.count) this.notices.failed(fresh.length > 1 ? `${fresh.length} actions failed` : `Failed: ${last.title}`, `${last.service}, ${last.environment}`);
    this.since ||= minute(new Date(fresh[0].at));
    this.count += fresh.length;
    const many = this.count > 1;
    this.part('what').textContent = many ? `${counted(this.count, 'action')} failed since ${this.since}, the last:` : `Failed at ${this.since}:`;
    const link = this.part('last');
    link.href = `/decisions/${last.id}/`;
    link.dataset.id = last.id;
    link.textContent = last.title;
    this.part('show').hidden = !many;
    this.bar.hidden = false;
  }

  dismiss() {
    this.count = 0;
    this.since = '';
    this.bar.hidden = true;
    this.notices.failed('', '');
  }
}
