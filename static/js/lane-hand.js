// Pointer and arrow keys in the lanes: which mark is meant. Must not draw marks.
import { countsAt } from './lane-counts.js';
import { Store } from './store.js';
import { auto } from './when.js';
import { make } from './shared.js';

/** The row under a point, the louder one first; null for none. */
export function hit(lanes, px, py, reach = 14) {
  const lane = Math.floor(py / lanes.laneHeight);
  const at = lanes.from + (px - lanes.gutter) / lanes.perMs;
  const span = reach / lanes.perMs;
  let best = null;
  let least = span;
  for (let i = Store.lower(lanes.rows, at - span); i < lanes.rows.length && lanes.rows[i].at <= at + span; i += 1) {
    const row = lanes.rows[i];
    if (lanes.laneOf(row) !== lane) continue;
    const far = Math.abs(row.at - at) - lanes.badge(row).attention * span * 0.1;
    if (far < least) {
      least = far;
      best = row;
    }
  }
  return best;
}

/** The row that an arrow key moves to from the selected one. */
export function neighbour(lanes, arrow) {
  const { rows, selected } = lanes;
  if (!rows.length) return null;
  if (!selected) return rows.at(-1);
  if (arrow === 'Home') return rows[Store.lower(rows, lanes.from)] || rows[0];
  if (arrow === 'End') return rows.at(-1);
  const lane = lanes.laneOf(selected);
  if (arrow === 'ArrowLeft' || arrow === 'ArrowRight') {
    const step = arrow === 'ArrowLeft' ? -1 : 1;
    let i = rows.indexOf(selected) + step;
    while (rows[i] && lanes.laneOf(rows[i]) !== lane) i += step;
    return rows[i] || selected;
  }
  return nearest(lanes, lane + (arrow === 'ArrowUp' ? -1 : 1)) || selected;
}

function nearest(lanes, lane) {
  let best = null;
  for (const row of lanes.rows) {
    if (lanes.laneOf(row) !== lane) continue;
    if (!best || Math.abs(row.at - lanes.selected.at) < Math.abs(best.at - lanes.selected.at)) best = row;
  }
  return best;
}

/** Connects pointer to `open(row)` and a tooltip. */
export function takePointer(lanes, host, store, open) {
  const tip = host.appendChild(make('div', 'lane-tip'));
  tip.hidden = true;
  tip.append(make('b'), make('span'));
  const under = event => {
    const box = host.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const row = hit(lanes, x, y, event.pointerType === 'touch' ? 24 : 14);
    return { x, y, row, counted: row ? null : countsAt(lanes, x, y) };
  };
  host.addEventListener('click', event => {
    const { row, counted } = under(event);
    if (row) open(row.id);
    else if (counted?.href) location.assign(counted.href);
  });
  host.addEventListener('pointermove', event => {
    const { row, counted, ...point } = event.pointerType === 'touch' ? {} : under(event);
    tip.hidden = !row && !counted;
    host.classList.toggle('over-mark', Boolean(row || counted?.href));
    if (tip.hidden) return;
    tip.firstChild.textContent = row?.title ?? counted.title;
    tip.lastChild.textContent = row ? describe(store, row) : counted.text;
    const x = row ? lanes.x(row.at) : point.x;
    const y = row ? lanes.y(row) : point.y;
    tip.style.left = `${Math.max(4, Math.min(x - 20, host.clientWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${y + 14 + tip.offsetHeight < host.clientHeight ? y + 12 : y - 12 - tip.offsetHeight}px`;
  });
  host.addEventListener('pointerleave', () => {
    tip.hidden = true;
  });
}

export function describe(store, row) {
  const beyond = row.beyond ? ', beyond permitted autonomy' : '';
  return `${store.word(row)}${beyond} · ${row.agent} on ${row.service} · ${auto(new Date(row.at))}`;
}
