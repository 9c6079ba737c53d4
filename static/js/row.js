// One row of the list: the same structure as templates/decisions/_row.html. Must not know where it stands.
import { icon, make } from './shared.js';
import { auto, utc } from './when.js';

export function blankRow() {
  const element = make('article', 'row virtual');
  element.tabIndex = -1;
  const state = make('span', 'state');
  const shape = icon('i-dot');
  const word = make('span');
  state.append(shape, word);
  const time = make('time');
  const title = make('a', 'title');
  const meta = make('span', 'meta');
  const unfold = make('button', 'unfold');
  unfold.type = 'button';
  element.append(state, time, title, meta, unfold);
  element.parts = { state, use: shape.firstChild, word, time, title, meta, unfold };
  return element;
}

export function fillRow(element, item, store) {
  const { row } = item;
  const { state, use, word, time, title, unfold } = element.parts;
  const badge = store.badge(row);
  const times = item.rows.length > 1 ? ` ×${item.rows.length}` : '';
  element.className = `row virtual${row.beyond ? ' beyond' : ''}${item.member ? ' member' : ''}${times ? ' group' : ''}`;
  element.dataset.id = row.id;
  element.setAttribute('aria-label', `${store.word(row)}${row.beyond ? ', beyond permitted autonomy' : ''}: ${row.title}${times}`);
  state.className = `state state-${badge.slug}`;
  use.setAttribute('href', `#b-${badge.slug}`);
  word.textContent = store.word(row);
  time.textContent = auto(new Date(row.at));
  time.dateTime = new Date(row.at).toISOString();
  time.title = utc(row.at);
  title.textContent = row.title + times;
  title.href = `/decisions/${row.id}/`;
  fillMeta(element.parts.meta, item);
  unfold.hidden = !times;
  if (!times) return;
  unfold.textContent = item.open ? 'Fold' : `Show all ${item.rows.length}`;
  unfold.setAttribute('aria-expanded', String(Boolean(item.open)));
  unfold.dataset.key = item.key;
}

function fillMeta(meta, { row, rows }) {
  meta.textContent = '';
  if (row.beyond) {
    const mark = make('span', 'beyond-mark');
    mark.append(icon('i-beyond'), 'Beyond permitted autonomy');
    meta.append(mark, row.ruled ? `: ${row.level}, allowed ${row.ruled} · ` : ' · ');
  }
  const words = [];
  if (row.replayed) words.push('Replayed recording');
  words.push(row.agent, row.service);
  if (rows.length > 1) words.push('repeated in one episode');
  else if (row.level && !row.beyond) words.push(row.level);
  if (row.by) words.push(row.by);
  meta.append(words.join(' · '));
}
