// What a person has typed and chosen in a panel that is about to be replaced. Must not send it anywhere.
import { make } from './shared.js';

const FIELDS = 'textarea, select, input[type="radio"]:checked';

/** The answers under way in `panel`, and where the caret is. */
export function keep(panel) {
  const fields = [...(panel?.querySelectorAll(FIELDS) ?? [])].filter(field => field.value);
  const kept = fields.map(field => ({
    name: field.name,
    value: field.value,
    id: field.id,
    caret: field === document.activeElement ? field.selectionStart ?? -1 : null,
    words: field.matches('textarea'),
  }));
  const shown = panel?.querySelector('#unplaced .words');
  return shown ? [...kept, { name: '', value: shown.textContent, id: '', caret: null, words: true }] : kept;
}

/** Puts `kept` back into `panel`; words whose box is gone are shown, so that nobody loses a sentence. */
export function giveBack(panel, kept) {
  for (const { name, value, id, caret, words } of kept) {
    const field = id ? panel.querySelector(`#${id}`) : panel.querySelector(`input[name="${name}"][value="${CSS.escape(value)}"]`);
    if (field?.type === 'radio') field.checked = true;
    else if (field) field.value = value;
    else if (words) panel.querySelector('header')?.after(unplaced(value));
    if (!field || caret === null) continue;
    field.focus();
    if (caret >= 0) field.setSelectionRange(caret, caret);
  }
}

function unplaced(text) {
  const note = make('div', 'note across');
  note.id = 'unplaced';
  const line = note.appendChild(make('p', '', 'You had typed: '));
  line.append(make('span', 'words', text));
  return note;
}
