// What the reader has chosen to see of the store: text, states, group. Must not draw.

export class View {
  constructor(store) {
    this.store = store;
    this.text = '';
    this.badges = new Set();
    this.rows = store.sorted;
  }

  get filtered() {
    return Boolean(this.text) || this.badges.size > 0;
  }

  matches(row) {
    if (this.badges.size) {
      const slug = this.store.badge(row).slug;
      if (!this.badges.has(slug) && !(row.beyond && this.badges.has('beyond'))) return false;
    }
    return !this.text || this.words(row).includes(this.text);
  }

  words(row) {
    return `${row.title} ${row.service} ${row.agent} ${row.environment} ${row.kind} ${row.by} ${this.store.word(row)}`.toLowerCase();
  }

  rebuild() {
    this.rows = this.filtered ? this.store.sorted.filter(row => this.matches(row)) : this.store.sorted;
  }

  set({ text = this.text, badges = this.badges }) {
    this.text = text.trim().toLowerCase();
    this.badges = badges;
    this.rebuild();
  }

  clear() {
    this.set({ text: '', badges: new Set() });
  }

  /** How many of the rows since `from` each badge has, and how many went beyond their level. */
  counts(from) {
    const counts = new Map([['beyond', 0]]);
    for (const row of this.store.sorted) {
      if (row.at < from) continue;
      const { slug } = this.store.badge(row);
      counts.set(slug, (counts.get(slug) || 0) + 1);
      if (row.beyond) counts.set('beyond', counts.get('beyond') + 1);
    }
    return counts;
  }
}
