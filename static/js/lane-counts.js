// The lanes before the rows that are loaded: columns of counts, one glyph a cell, and what is under a point. Must not ask.
import { CELL, COLUMN, PACKED, paintGlyph, paintShare, tall } from './density.js';
import { counted } from './shared.js';
import { auto, between } from './when.js';

/** Place of a lane → column → { n, share }: several lanes may be drawn as one. */
function gathered({ earlier, lane: places, names }) {
  const lanes = new Map();
  for (const { name, cells } of earlier.counts.lanes) {
    const place = places.get(name) ?? names.length - 1;
    if (!lanes.has(place)) lanes.set(place, new Map());
    for (const [column, { n, share }] of cells) {
      const sum = lanes.get(place).get(column) ?? { n: 0, share: new Map() };
      sum.n += n;
      for (const [badge, many] of share) sum.share.set(badge, (sum.share.get(badge) || 0) + many);
      if (sum.n) lanes.get(place).set(column, sum);
    }
  }
  return lanes;
}

/** Draws them up to where rows are loaded, as high as the columns of rows are for as many. */
export function paintCounts(lanes) {
  const { earlier, theme, gutter, context: c } = lanes;
  const end = earlier?.counts ? Math.round(lanes.x(earlier.counts.to)) : 0;
  if (end <= gutter) return;
  const worst = new Map();
  for (const [lane, cells] of gathered(lanes)) {
    for (const [column, { n, share }] of cells) {
      const box = place(lanes, lane, column, n, end);
      c.fillStyle = theme.density;
      c.fillRect(box.x, box.y, box.wide, box.height);
      if (!share.size) continue;
      paintShare(lanes, box, n, share);
      const at = lane * 1e4 + Math.max(0, Math.floor((box.x + box.wide / 2 - gutter) / CELL));
      for (const badge of share.keys()) if (!(worst.get(at)?.attention >= badge.attention)) worst.set(at, badge);
    }
  }
  if (worst.size > ((end - gutter) / CELL) * lanes.names.length * PACKED) return;
  for (const [at, badge] of worst) paintGlyph(lanes, Math.floor(at / 1e4), at % 1e4, badge);
}

function place(lanes, lane, column, n, end) {
  const { start, width } = lanes.earlier.counts;
  const x = Math.round(lanes.x(start + column * width));
  const next = Math.round(lanes.x(start + (column + 1) * width));
  const height = tall(lanes.laneHeight, (n * COLUMN) / Math.max(COLUMN, next - x));
  return { x, y: (lane + 1) * lanes.laneHeight - 2 - height, wide: Math.max(1, Math.min(next, end) - x - 1), height };
}

/** What is counted under a point: { title, text, href }; null where nothing is. */
export function countsAt(lanes, px, py) {
  const { counts } = lanes.earlier;
  const at = lanes.from + (px - lanes.gutter) / lanes.perMs;
  if (!counts || px < lanes.gutter || at >= counts.to) return null;
  const lane = Math.floor(py / lanes.laneHeight);
  const column = Math.floor((at - counts.start) / counts.width);
  const cell = gathered(lanes).get(lane)?.get(column);
  if (!cell) return null;
  const from = counts.start + column * counts.width;
  const to = Math.min(from + counts.width, counts.to);
  const name = lanes.names[lane];
  const loud = [...cell.share].map(([badge, n]) => `, ${n} ${badge.word.toLowerCase()}`);
  return {
    title: `${name}: ${counted(cell.n, 'decision')}${loud.join('')}`,
    text: `${auto(new Date(from))} to ${auto(new Date(to))}`,
    href: lanes.lane.has(name) && `/decisions/?${between(from, to, { [counts.by]: name })}`,
  };
}
