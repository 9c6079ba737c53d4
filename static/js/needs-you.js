// What needs people, as it is now, and by keyboard: from one to the next, by deadline. Must not answer any.
import { keys } from './keys.js';
import { redraw } from './redraw.js';
import { Rows } from './rows.js';
import { byId } from './shared.js';
import './page.js';

const SPREAD = 500;
const AGAIN = 2000;
let wanted = '';
let drawing = false;

document.addEventListener('needs', ({ detail: mark }) => {
  wanted = String(mark);
  if (!drawing) draw(Math.random() * SPREAD);
});

/** One question after the other, for as long as the page shows something else than what the line told. */
function draw(wait) {
  drawing = byId('needing').dataset.mark !== wanted;
  if (!drawing) return;
  const told = wanted;
  setTimeout(async () => {
    const drawn = await redraw('needing').catch(() => false);
    // What is newer than the line is right as well.
    if (drawn && wanted === told) drawing = false;
    else draw(AGAIN);
  }, wait);
}

const every = new Rows('main :is(.queue, .cards, .others) > li');
const holds = new Rows('.cards > li');

keys.on(['n'], 'N', 'next decision that needs you', () => holds.step(1));
keys.on(['N'], 'Shift + N', 'previous one that needs you', () => holds.step(-1));
keys.on(['j'], 'J', 'next in the list', () => every.step(1));
keys.on(['k'], 'K', 'previous in the list', () => every.step(-1));
keys.on([], 'Enter', 'open it', () => false);
