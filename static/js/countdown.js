// Countdowns to deadlines that the server owns. Must not act at zero: the server decides what silence means.
import { second } from './when.js';

const two = n => String(n).padStart(2, '0');
const ANNOUNCE = [60, 30, 10];

export function left(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const h = Math.floor(s / 3600);
  return h ? `${h}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}` : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}

function showBar(bar, ms) {
  bar.max = Math.max(Number(bar.dataset.full) || 0, ms, 1);
  bar.dataset.full = bar.max;
  bar.value = Math.max(0, ms);
}

function show(element, now) {
  const due = Number(element.dataset.due);
  if (!due) return 0;
  const ms = due - now;
  const text = element.querySelector('.cd-t');
  // While people have stopped agents the clock of a hold stands still, and says so.
  if (element.dataset.stopped) {
    if (text) text.textContent = 'Stopped';
    element.removeAttribute('data-over');
    return 0;
  }
  const words = ms > 0 ? left(ms) : 'Time is up';
  if (text && text.textContent !== words) {
    text.textContent = words;
    text.title = ms > 0 ? `until ${second(new Date(due))}` : 'Waiting for the server';
  }
  element.toggleAttribute('data-urgent', ms > 0 && ms < 60000);
  element.toggleAttribute('data-over', ms <= 0);
  const bar = element.querySelector('progress');
  if (bar) showBar(bar, ms);
  return ms;
}

/** Keeps every [data-due] on the page right; `say` is told at 60, 30 and 10 s of those marked data-spoken. */
export function startCountdowns(now, say) {
  const said = new Set();
  const tick = () => {
    const moment = now();
    for (const element of document.querySelectorAll('[data-due]')) {
      const ms = show(element, moment);
      if (!element.hasAttribute('data-spoken') || ms <= 0) continue;
      for (const mark of ANNOUNCE) {
        const key = `${element.dataset.due}:${mark}`;
        if (ms < mark * 1000 && ms > mark * 1000 - 1500 && !said.has(key)) {
          said.add(key);
          say(`${mark} seconds left to answer`);
        }
      }
    }
  };
  tick();
  return setInterval(tick, 250);
}
