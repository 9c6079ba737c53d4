// The timeline page: connects socket, store, lanes, list, holds and pane. Must not hold a concern of its own.
import { watchAlarms } from './alarms.js';
import { Connection } from './connection.js';
import { startCountdowns } from './countdown.js';
import { Earlier } from './earlier.js';
import { Failures } from './failures.js';
import { Feed } from './feed.js';
import { Frames } from './frames.js';
import { Holds } from './holds.js';
import { keys } from './keys.js';
import { takePointer } from './lane-hand.js';
import { Lanes } from './lanes.js';
import { Listing } from './listing.js';
import { Live } from './live.js';
import { readTheme } from './marks.js';
import { Notices } from './notices.js';
import { Older, snapshot } from './older.js';
import { Pane } from './pane.js';
import { byId, embedded, phone, say, shout } from './shared.js';
import { openInPane, watchScroll, watchTheme } from './surroundings.js';
import { bindShortcuts } from './shortcuts.js';
import { shownStops, showStops } from './stops.js';
import { Store } from './store.js';
import { Toolbar } from './toolbar.js';
import { View } from './view.js';
import { second } from './when.js';
import './page.js';

const AHEAD = 1 / 12;
const NEAR = 1 / 12;
const first = embedded('rows');
const store = new Store(embedded('cfg'));
store.take(first.rows);
store.hold(first.held);
const view = new View(store);
const live = new Live('/ws/timeline', first.seq, shownStops(), first.now);
const feed = new Feed(byId('feed'), byId('pad'), store);
const laneSize = () => (phone.matches ? { gutter: 104, least: 28, most: 7 } : { gutter: 124, least: 20, most: 40 });
const lanes = new Lanes(byId('lanes'), store, readTheme(store.cfg.badges), laneSize);
const earlier = new Earlier(lanes, store, () => {
  toolbar.showCounts(view.counts(lanes.from), earlier.counts?.totals);
});
const notices = new Notices(byId('needs'), () => live.now(), id => pane.show(id));
const holds = new Holds(store, () => live.now(), notices);
const failures = new Failures(store, notices, () => toolbar.only('failed'));

const toolbar = new Toolbar({
  onWindow: () => {
    if (framed) zoom(null);
    lanes.show(view.rows);
    counted = 0;
  },
  onLanes: key => {
    lanes.key = key;
    lanes.show(view.rows);
  },
  onFilter: choice => {
    view.set(choice);
    feed.host.scrollTop = 0;
    lanes.show(view.rows);
    listing.flush();
    counted = 0;
  },
  onPause: on => {
    frozen = on ? live.now() : 0;
    if (on) return;
    lanes.show(view.rows);
    listing.seen();
    listing.flush();
  },
});
const listing = new Listing({ feed, view, store, toolbar });
const pane = new Pane({
  onOpen: id => {
    lanes.selected = store.get(id) || null;
    feed.select(id);
  },
  onClose: id => {
    feed.resize();
    feed.select(id, true);
  },
});
const frames = new Frames(frame);
const older = new Older(store, rows => {
  failures.know(rows);
  applied(rows, [], true);
});
let frozen = 0;
let framed = null;
let waiting = [];
let counted = -500;

function applied(fresh, changed, quiet) {
  view.rebuild();
  const shown = fresh.filter(row => view.matches(row) && !store.apart.has(row));
  const urgent = fresh.some(row => row.due > 0) || changed.length > 0;
  if (!toolbar.paused) {
    if (changed.length || quiet || view.filtered) lanes.show(view.rows);
    else {
      lanes.rows = view.rows;
      lanes.add(shown);
    }
  }
  if (urgent) holds.show();
  for (const row of changed) {
    pane.refresh(row);
    if (row.id === pane.id) shout(`${store.word(row)}: ${row.title}`);
  }
  listing.changed(quiet ? 0 : shown.length, urgent && !quiet);
}

function flush() {
  if (!waiting.length) return;
  const rows = waiting;
  waiting = [];
  const { fresh, changed } = store.take(rows, true);
  if (fresh.length || changed.length) {
    applied(fresh, changed);
    failures.take([...fresh, ...changed]);
  }
  byId('head-seq')?.replaceChildren(String(live.seq));
}

/** The lanes around `row`, a twelfth of the window wide; without one, or where it is framed already, the window again. */
function zoom(row) {
  framed = row && framed?.id !== row.id ? row : null;
  toolbar.away = Boolean(framed);
  say(framed ? `Lanes around ${second(new Date(row.at))}` : 'Lanes up to now');
}

function goLive() {
  if (framed) zoom(null);
  listing.goLive();
}

function frame() {
  flush();
  const now = frozen || live.now();
  const width = toolbar.window;
  if (framed) lanes.draw(framed.at - width * NEAR / 2, framed.at + width * NEAR / 2, live.now());
  else lanes.draw(now - width, now + width * AHEAD, live.now());
  if (performance.now() - counted > 1000) {
    counted = performance.now();
    earlier.look(view.filtered || store.whole);
    toolbar.showCounts(view.counts(now - width), earlier.counts?.totals);
    listing.drawLanesNone(now - width);
  }
}

async function reset(held) {
  const { seq, rows } = await snapshot(live.seq);
  store.clear();
  store.take(rows);
  store.hold(held);
  failures.know(store.sorted);
  live.seq = seq;
  older.done = false;
  applied([], [], true);
  holds.show();
  listing.flush();
  older.stock();
}

function start() {
  // The line opens while the page is drawn: what comes of it is taken after.
  new Connection(live);
  watchAlarms(live, words => notices.called(words));
  live.start();
  view.set({ text: toolbar.text, badges: toolbar.badges });
  feed.start();
  listing.flush();
  lanes.show(view.rows);
  holds.show();
  takePointer(lanes, byId('lanes'), store, id => pane.show(id));
  bindShortcuts(keys, { feed, pane, lanes, holds, toolbar, store, view, zoom, goLive });
  byId('go-live').addEventListener('click', goLive);
  live.addEventListener('rows', event => {
    waiting.push(...event.detail.rows);
    frames.wake();
  });
  live.addEventListener('reset', event => reset(event.detail.held));
  live.addEventListener('beat', () => notices.show(store.holds()));
  live.addEventListener('stop', event => {
    showStops(event.detail);
    store.hold(event.detail.held);
    holds.show();
    notices.stops();
    if (!toolbar.paused) lanes.show(view.rows);
  });
  live.addEventListener('needs', event => {
    holds.needs(event.detail.n);
    notices.needs(event.detail.n);
  });
  watchTheme(lanes, store);
  watchScroll(feed, older);
  openInPane(pane);
  startCountdowns(() => live.now(), say);
  // Older rows wait until it is known whether the line is there.
  live.addEventListener('state', () => older.stock(), { once: true });
  frames.start();
  if (location.hash.length > 9 && !phone.matches) pane.show(location.hash.slice(1));
}

start();
globalThis.oversight = { store, live, feed, lanes };
