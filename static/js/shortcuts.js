// What each key does on the timeline. Must list nothing that does not work.
import { bindCall, bindCopy, bindMore, bindReason, bindVerdict } from './answer-keys.js';
import { byId, say } from './shared.js';
import { describe, neighbour } from './lane-hand.js';

const ARROWS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'];

export function bindShortcuts(keys, page) {
  const { feed, pane, lanes, holds, toolbar, store } = page;
  const lanesHost = byId('lanes');
  const inLanes = () => document.activeElement === lanesHost;
  const selected = () => (inLanes() ? lanes.selected : feed.items[feed.position.get(feed.current)]?.row);
  const step = by => {
    const id = feed.step(by, !pane.open);
    if (!id) return;
    lanes.selected = store.get(id);
    if (pane.open) pane.show(id);
  };
  const toHold = by => {
    const id = holds.next(pane.id, by);
    if (id) pane.show(id);
    else say('Nothing needs you');
  };

  lanesHost.addEventListener('keydown', event => {
    if (!ARROWS.includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    lanes.selected = neighbour(lanes, event.key);
    if (lanes.selected) say(`${lanes.selected.title}. ${describe(store, lanes.selected)}`);
  });

  keys.on(['j', 'ArrowDown'], 'J', 'next decision', event => (event.key === 'ArrowDown' && !feed.host.contains(event.target) ? false : step(1)));
  keys.on(['k', 'ArrowUp'], 'K', 'previous decision', event => (event.key === 'ArrowUp' && !feed.host.contains(event.target) ? false : step(-1)));
  keys.on(['Enter', 'o'], 'Enter or O', 'open the selected decision', event => {
    if (event.key === 'Enter' && event.target.matches('a, button, summary, input')) return false;
    const row = selected();
    if (!row) return false;
    pane.show(row.id);
    return true;
  });
  keys.on(['Escape'], 'Esc', 'back to the list; again: clear the filter', () => {
    if (pane.open) pane.close();
    else if (page.view.filtered) toolbar.clear();
    else return false;
    return true;
  });
  keys.on(['n'], 'N', 'next decision that needs you', () => toHold(1));
  keys.on(['N'], 'Shift + N', 'previous one that needs you', () => toHold(-1));
  bindVerdict(keys, '#pane');
  bindMore(keys, '#pane');
  bindCall(keys, '#pane');
  bindReason(keys, '#pane');
  bindCopy(keys, () => (pane.open ? pane.id : selected()?.id));
  keys.on(['/'], '/', 'filter', () => byId('q').focus());
  keys.on(['['], '[', 'wider window', () => toolbar.widen(1));
  keys.on([']'], ']', 'narrower window', () => toolbar.widen(-1));
  keys.on(['f'], 'F', 'zoom the lanes to the selected decision; again: back', () => {
    const row = pane.open ? store.get(pane.id) : selected();
    if (!row) return false;
    page.zoom(row);
    return true;
  });
  keys.on([' '], 'Space', 'pause or resume', event => {
    if (event.target.matches('button, a, summary, input')) return false;
    toolbar.pause(!toolbar.paused);
    return true;
  });
  keys.on(['l'], 'L', 'go live: top of the list', () => page.goLive());
  keys.on(ARROWS, '← → ↑ ↓', 'in the lanes: previous, next mark; lane above, below', () => false);
  keys.finish();
}
