// The bar of alarms, asked for again where the line says that it is another. Must not know whom an alarm concerns.
import { byId, shout, unasked } from './shared.js';
import { localise } from './when.js';

const SPREAD = 3000;
const AGAIN = 2000;
let asked = 0;

const shown = () => byId('alarm-bar')?.dataset.mark ?? '';
const calls = host => [...host.querySelectorAll('[data-call]')].map(call => call.textContent.trim().replace(/\s+/g, ' '));
const spread = () => Math.random() * SPREAD;

/** Keeps the bar as `line` tells of it; `told` is called with what it says to a reader who is called. */
export function watchAlarms(line, told) {
  line.alarms = shown;
  // An alarm of all is asked for by many pages: not by all in the same moment.
  line.addEventListener('alarms', ({ detail: called }) => later(called ? 0 : spread(), told));
  // What somebody was called to may be answered by now.
  line.addEventListener('needs', () => byId('alarms').querySelector('[data-call]') && later(spread(), told));
}

function later(wait, told) {
  setTimeout(() => draw(told).catch(() => later(AGAIN + spread(), told)), wait);
}

/** Only the newest question is drawn: an older answer may come after it. */
async function draw(told) {
  const mine = (asked += 1);
  const answer = await fetch('/alarms/bar/', { redirect: 'manual', headers: unasked });
  // Who is signed out is told so by the line.
  if (answer.type === 'opaqueredirect' || answer.status === 403 || mine !== asked) return;
  if (!answer.ok) throw new Error(`bar ${answer.status}`);
  put(byId('alarms'), await answer.text(), told);
}

function put(host, html, told) {
  const before = calls(host);
  const open = Boolean(host.querySelector('details[open]'));
  const at = host.contains(document.activeElement) ? document.activeElement.closest('form, a') : null;
  const same = at?.getAttribute(at.matches('a') ? 'href' : 'action');
  host.innerHTML = html;
  localise(host);
  host.querySelector('details')?.toggleAttribute('open', open);
  if (same) host.querySelector(`a[href="${CSS.escape(same)}"], form[action="${CSS.escape(same)}"] button`)?.focus();
  for (const words of calls(host)) {
    if (before.includes(words)) continue;
    shout(words);
    told?.(words);
  }
}
