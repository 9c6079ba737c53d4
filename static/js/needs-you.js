// What needs people, as it is now, and by keyboard: from one to the next, by deadline. Must not answer any.
import { keys } from './keys.js';
import { redraw } from './redraw.js';
import { Rows } from './rows.js';
import './page.js';

const SPREAD = 500;

document.addEventListener('needs', () => setTimeout(() => redraw('needing').catch(() => {}), Math.random() * SPREAD));

const every = new Rows('main :is(.queue, .cards, .others) > li');
const holds = new Rows('.cards > li');

keys.on(['n'], 'N', 'next decision that needs you', () => holds.step(1));
keys.on(['N'], 'Shift + N', 'previous one that needs you', () => holds.step(-1));
keys.on(['j'], 'J', 'next in the list', () => every.step(1));
keys.on(['k'], 'K', 'previous in the list', () => every.step(-1));
keys.on([], 'Enter', 'open it', () => false);
