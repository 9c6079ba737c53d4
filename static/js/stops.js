// What every page says of all that happens: the red bar, and how many decisions need people. Must not draw a row.
import { Live } from './live.js';
import { byId, countNeeds, neededAtFirst } from './shared.js';
import { localise } from './when.js';

const LATER = 800;

export const shownStops = () => byId('stops').dataset.seqs;

/** The red bar, anew: somebody has stopped agents or let them go on. */
export function showStops({ stops, bar }) {
  const host = byId('stops');
  host.dataset.seqs = stops.join(',');
  host.innerHTML = bar;
  localise(host);
}

/** What the title of a page begins with, and its icon says. */
export function heading(title, waiting) {
  const stopped = byId('stops').querySelector('.stopped') ? 'Stopped: ' : '';
  return `${waiting ? `(${waiting}) ` : ''}${stopped}${title}`;
}

/** A line for a page that shows no rows, opened once the reader stays on it; what it hears of. */
export function listen() {
  // No row is news to it, so that it asks for none.
  const line = new Live('/ws/timeline?only=notices', Infinity, shownStops());
  const { title } = document;
  let waiting = neededAtFirst();
  const retitle = () => { document.title = heading(title, waiting); };
  line.addEventListener('stop', event => {
    showStops(event.detail);
    retitle();
  });
  line.addEventListener('needs', event => {
    waiting = event.detail;
    countNeeds(waiting);
    retitle();
  });
  setTimeout(() => line.start(), LATER);
  return line;
}
