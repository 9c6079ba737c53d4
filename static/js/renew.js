// Draws a decision anew while somebody looks at it, and says what has changed. Must not lose what they typed, nor let
// them answer something else than what they read.
import { putFragment } from './fragment.js';
import { make, say } from './shared.js';
import { giveBack, keep } from './typed.js';

const SETTLE = 2000;

const number = step => Number(step.querySelector('a.num')?.textContent.replace(/\D/g, '') || 0);
const steps = panel => [...panel.querySelectorAll('[aria-labelledby="dec-history"] .trail > li')];
const drawn = panel => panel.querySelector('input[name="display_hash"]')?.value;

/** Puts the panel of `html` into `host`. Whoever saw the same decision before is told what is new of it. */
export function renew(host, html, id) {
  const before = host.querySelector('#dec');
  const same = before?.dataset.id === id;
  const typed = same ? keep(before) : [];
  const newest = same ? Math.max(0, ...steps(before).map(number)) : Infinity;
  const was = same ? drawn(before) : undefined;
  putFragment(host, html);
  const panel = host.querySelector('#dec');
  giveBack(panel, typed);
  const fresh = steps(panel).filter(step => number(step) > newest);
  if (fresh.length) tell(panel, fresh, was !== undefined && drawn(panel) !== undefined && drawn(panel) !== was);
}

function tell(panel, fresh, otherwise) {
  const note = make('div', 'note across');
  note.id = 'changed';
  const words = fresh.map(step => `${step.firstElementChild.textContent.trim()} ${step.querySelector('time')?.textContent ?? ''}`.trim());
  const line = note.appendChild(make('p'));
  line.append(make('b', '', 'Changed since you opened it: '), `${words.join('; ')}.`);
  if (otherwise) hold(panel, note);
  panel.querySelector('header').after(note);
  say(note.textContent);
}

/** What is asked is drawn otherwise than it was read: nobody answers it before they say that they looked again. */
function hold(panel, note) {
  const buttons = [...panel.querySelectorAll('button[name="verdict"]:enabled')];
  for (const button of buttons) button.disabled = true;
  note.append(make('p', '', 'What it would do is drawn otherwise now. Read it again before you answer.'));
  const reviewed = note.appendChild(make('button', 'button', 'Reviewed'));
  reviewed.type = 'button';
  reviewed.disabled = true;
  setTimeout(() => { reviewed.disabled = false; }, SETTLE);
  reviewed.addEventListener('click', () => {
    for (const button of buttons) button.disabled = false;
    note.remove();
    panel.querySelector('[data-heading]').focus();
  });
}
