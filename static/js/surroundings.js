// What the timeline page listens to around itself: colour scheme, scrolling, links. Must not hold state.
import { readTheme } from './marks.js';
import { phone, say } from './shared.js';

const THEMES = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)'];
const NEAR_END = 3;

export function watchTheme(lanes, store) {
  for (const query of THEMES) {
    matchMedia(query).addEventListener('change', () => lanes.setTheme(readTheme(store.cfg.badges)));
  }
}

/** Older rows are fetched before the reader gets to the end of the list. */
export function watchScroll(feed, older) {
  feed.host.addEventListener('scroll', () => {
    const { scrollTop, clientHeight, scrollHeight } = feed.host;
    if (scrollTop + NEAR_END * clientHeight > scrollHeight) {
      older.page().catch(() => say('Older decisions could not be loaded'));
    }
  }, { passive: true });
}

/** A link to a decision opens beside the lanes, unless the reader asked for a tab of its own or holds a phone. */
export function openInPane(pane) {
  document.addEventListener('click', event => {
    const link = event.target.closest('.row a.title, #holds a.hold, #failures a');
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.button || phone.matches;
    if (!link || elsewhere) return;
    event.preventDefault();
    pane.show(link.closest('[data-id]').dataset.id);
  });
}
