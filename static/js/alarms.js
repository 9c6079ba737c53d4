// The bar of alarms, asked for again where the line says that it is another. Must not know whom an alarm concerns.
import { byId, shout } from './shared.js';
import { localise } from './when.js';

const SPREAD = 3000;

const shown = () => byId('alarm-bar')?.dataset.mark ?? '';

/** Keeps the bar as `line` tells of it; `told` is called with what it says to a reader who is called. */
export function watchAlarms(line, told) {
  line.alarms = shown;
  line.addEventListener('alarms', ({ detail: called }) => {
    // An alarm of all is asked for by many pages: not by all in the same moment.
    setTimeout(() => draw(told).catch(() => {}), called ? 0 : Math.random() * SPREAD);
  });
}

async function draw(told) {
  const answer = await fetch('/alarms/bar/', { redirect: 'manual' });
  if (!answer.ok) return;
  const host = byId('alarms');
  const before = host.textContent;
  host.innerHTML = await answer.text();
  localise(host);
  const call = host.querySelector('[data-call]');
  if (!call || before.includes(call.textContent.trim())) return;
  const words = call.textContent.trim().replace(/\s+/g, ' ');
  shout(words);
  told?.(words);
}
