// The sign-off queue by keyboard: next, previous, accept, refuse. Must not judge anything in one press.
import { bindCopy } from './answer-keys.js';
import { Keys } from './keys.js';
import { byId } from './shared.js';
import './page.js';

const links = () => [...document.querySelectorAll('.queue a')];

function step(by) {
  const all = links();
  if (!all.length) return;
  const current = all.findIndex(link => link.closest('[aria-current]'));
  const focused = all.indexOf(document.activeElement);
  const from = focused >= 0 ? focused : current;
  all[Math.max(0, Math.min(all.length - 1, from + by))].focus();
}

function choose(value) {
  const radio = document.querySelector(`.sign-off input[name="judgement"][value="${value}"]`);
  if (!radio) return false;
  radio.checked = true;
  radio.focus();
  return true;
}

const keys = new Keys();
keys.on(['j'], 'J', 'next in the queue', () => step(1));
keys.on(['k'], 'K', 'previous in the queue', () => step(-1));
keys.on(['1'], '1', 'choose accept', () => choose('accept'));
keys.on(['2'], '2', 'choose refuse', () => choose('refuse'));
keys.on(['r'], 'R', 'to the reason box', () => {
  const box = document.querySelector('.sign-off textarea');
  box?.focus();
  return Boolean(box);
});
if (byId('dec')) bindCopy(keys, () => byId('dec')?.dataset.id);
keys.on([], 'Ctrl + Enter', 'sign off, in the form', () => false);
keys.finish();

document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.closest('.sign-off')) {
    event.target.closest('form').requestSubmit();
  }
});

byId('dec')?.querySelector('[data-result]')?.focus();
