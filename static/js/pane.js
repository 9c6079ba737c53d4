// The Why pane beside the lanes. Must not lose what a person has typed.
import { loadForms, loadFragment, problemNote } from './fragment.js';
import { renew } from './renew.js';
import { byId, make, narrow, phone, unasked } from './shared.js';
import { onStops } from './stops.js';

export class Pane {
  constructor({ onOpen, onClose }) {
    Object.assign(this, { host: byId('pane'), list: byId('feed-box'), onOpen, onClose, id: '' });
    onStops(() => {
      const shown = this.host.querySelector('#dec');
      if (this.open && shown && !shown.querySelector('[data-sending]')) this.fill(this.id, false);
    });
  }

  get open() {
    return !this.host.hidden;
  }

  async show(id) {
    if (phone.matches) {
      location.href = `/decisions/${id}/`;
      return;
    }
    this.id = id;
    this.onOpen(id);
    this.host.hidden = false;
    this.list.hidden = !narrow.matches;
    this.host.setAttribute('aria-busy', 'true');
    await this.fill(id, true);
    history.replaceState(null, '', `#${id}`);
  }

  async fill(id, focus) {
    try {
      const [html] = await Promise.all([loadFragment(`/decisions/${id}/`, focus ? {} : unasked), loadForms(this.host.dataset.forms)]);
      if (id !== this.id) return;
      renew(this.host, html, id);
    } catch (error) {
      if (id !== this.id) return;
      this.host.replaceChildren(problemNote(error, () => this.fill(id, true)));
    }
    this.host.prepend(this.bar());
    this.host.setAttribute('aria-busy', 'false');
    if (focus) this.host.querySelector('[data-heading]')?.focus();
  }

  bar() {
    const bar = make('div', 'pane-bar');
    const back = make('button', 'button plain', 'Back to the list');
    back.type = 'button';
    back.addEventListener('click', () => this.close());
    const whole = make('a', 'button plain', 'Open as a page');
    whole.href = `/decisions/${this.id}/`;
    bar.append(back, make('span', 'grow'), whole);
    return bar;
  }

  /** The row changed on the server: the pane follows unless it already shows that version. */
  refresh(row) {
    const shown = this.host.querySelector('#dec');
    if (!this.open || row.id !== this.id || !shown || Number(shown.dataset.version) >= row.version) return;
    if (shown.querySelector('[data-sending]')) return;
    this.fill(row.id, false);
  }

  close() {
    if (!this.open) return;
    this.host.hidden = true;
    this.list.hidden = false;
    history.replaceState(null, '', location.pathname + location.search);
    this.onClose(this.id);
    this.id = '';
  }
}
