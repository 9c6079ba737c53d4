// The page of a decision that waits for somebody follows it, as the pane beside the lanes does. Must not ask while nobody looks.
import { loadFragment } from './fragment.js';
import { renew } from './renew.js';
import { byId, unasked } from './shared.js';
import { onStops } from './stops.js';

const WAIT = 25;
const AGAIN = 1000;

const pause = ms => new Promise(done => setTimeout(done, ms));
const seen = () => (document.hidden ? new Promise(done => document.addEventListener('visibilitychange', done, { once: true })) : null);
const waits = panel => Boolean(panel?.querySelector('.answer form'));

/** What the server holds of the decision of `panel` that is newer than it, waited for; null where it has nothing to say. */
async function news(panel) {
  const { id, version, state } = panel.dataset;
  const answer = await fetch(`/api/v1/decisions/${id}?wait=${WAIT}&after=${version}`, { headers: unasked });
  if (answer.status === 401 || answer.status === 403) return 'over';
  if (!answer.ok) return null;
  const told = await answer.json();
  return told.version > Number(version) || told.state !== state ? 'new' : null;
}

/** Draws `panel` anew, unless something is being sent from it. */
async function drawAnew(panel) {
  const busy = () => !panel.isConnected || panel.querySelector('[data-sending]');
  if (busy()) return;
  const html = await loadFragment(`/decisions/${panel.dataset.id}/`, unasked).catch(() => '');
  if (html && !busy()) renew(panel.parentElement, html, panel.dataset.id);
}

export async function follow() {
  onStops(() => {
    const panel = byId('dec');
    if (waits(panel)) drawAnew(panel);
  });
  for (let panel = byId('dec'); waits(panel); panel = byId('dec')) {
    await seen();
    const began = performance.now();
    const found = await news(panel).catch(() => null);
    if (found === 'over') return;
    if (found === 'new') await drawAnew(panel);
    // A server that is gone, or busy, is not asked by every open page each second.
    const inVain = found !== 'new' && performance.now() - began < AGAIN;
    await pause(inVain ? AGAIN * (3 + Math.random() * 4) : AGAIN);
  }
}
