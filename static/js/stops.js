// What every page says of all that happens: the red bar, and how many decisions need people. Must not draw a row.
import { Live } from './live.js';
import { byId, countNeeds, neededAtFirst } from './shared.js';
import { localise } from './when.js';

const LATER = 800;
const SPREAD = 1000;

export const shownStops = () => byId('stops').dataset.seqs;

/** The red bar, anew: somebody has stopped agents or let them go on. */
export function showStops({ stops, bar }) {
  const host = byId('stops');
  host.dataset.seqs = stops.join(',');
  host.innerHTML = bar;
  localise(host);
  document.dispatchEvent(new Event('stops'));
}

/** Runs `act` once people have stopped agents or let them go on: not on all pages in the same moment. */
export function onStops(act) {
  document.addEventListener('stops', () => setTimeout(act, Math.random() * SPREAD));
}

/** The countdowns of cards stand still, or run on, as the rows that wait say. */
function hold(rows) {
  for (const row of rows) {
    for (const card of document.querySelectorAll(`.hold[data-id="${CSS.escape(row.id)}"]`)) {
      card.dataset.due = row.due;
      card.dataset.stopped = row.stopped ? '1' : '';
    }
  }
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
    hold(event.detail.held);
    retitle();
  });
  line.addEventListener('needs', event => {
    waiting = event.detail.n;
    countNeeds(waiting);
    retitle();
    document.dispatchEvent(new CustomEvent('needs', { detail: event.detail.mark }));
  });
  setTimeout(() => line.start(), LATER);
  return line;
}
