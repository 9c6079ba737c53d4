// The sign-off queue by keyboard: next, previous, accept, ask, refuse, set aside, tick. Must not judge anything in one press.
import { bindCopy } from './answer-keys.js';
import { keys } from './keys.js';
import { Rows } from './rows.js';
import { watchTicks } from './ticks.js';
import { byId } from './shared.js';
import './page.js';

const rows = new Rows('.queue > li');
const ticks = watchTicks(rows);

function choose(value) {
  const radio = document.querySelector(`.sign-off input[name="judgement"][value="${value}"]`);
  if (!radio) return false;
  radio.checked = true;
  radio.focus();
  return true;
}

/** Opens a folded form and goes into it; what it sends takes a second press. */
function unfold(id, selector) {
  const box = byId(id);
  if (!box) return false;
  box.open = true;
  box.querySelector(selector).focus();
  return true;
}

keys.on(['j'], 'J', 'next in the queue', () => rows.step(1));
keys.on(['k'], 'K', 'previous in the queue', () => rows.step(-1));
keys.on([], 'Enter', 'open it', () => false);
keys.on(['1'], '1', 'choose accept', () => choose('accept'));
keys.on(['2'], '2', 'send back with a question', () => unfold('ask', 'textarea'));
keys.on(['3'], '3', 'choose refuse: it should not have happened', () => choose('refuse'));
keys.on(['h'], 'H', 'set aside for a while', () => unfold('set-aside', 'button'));
keys.on(['r'], 'R', 'to the reason box', () => {
  const box = document.querySelector('.sign-off textarea[name="reason"]');
  box?.focus();
  return Boolean(box);
});
if (byId('dec')) bindCopy(keys, () => byId('dec')?.dataset.id);
keys.on([], 'Ctrl + Enter', 'sign off, in the form', () => false);
keys.on(['x'], 'X', 'tick the row, to accept several', () => ticks.toggle());
keys.on(['X'], 'Shift + X', 'tick up to the row', () => ticks.range());
keys.on(['z'], 'Z', 'correct the last sign-off', () => {
  const link = document.querySelector('[data-correct]');
  link?.click();
  return Boolean(link);
});

document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.closest('.sign-off')) {
    event.target.closest('form').requestSubmit();
  }
});

const result = byId('dec')?.querySelector('[data-result]');
if (result) result.focus();
else if (location.hash === '#dec-h') (byId('dec-h') || byId('nothing'))?.focus();
