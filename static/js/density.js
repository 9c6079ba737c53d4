// The lanes when marks crowd: columns of density, coloured shares, one glyph a cell. Must not choose when.

export const COLUMN = 3;
export const CELL = 14;
const PACKED = 0.45;
const COVERING = 4;
const MOSTLY = 0.6;

/** Do most of `rows` stand where marks would cover each other, however empty the rest is? */
export function crowded(lanes, rows) {
  const inCell = new Map();
  for (const row of rows) {
    const cell = lanes.laneOf(row) * 10000 + Math.floor(((row.at - lanes.from) * lanes.perMs) / CELL);
    inCell.set(cell, (inCell.get(cell) || 0) + 1);
  }
  let covered = 0;
  for (const n of inCell.values()) if (n > COVERING) covered += n;
  return covered > rows.length * MOSTLY;
}

/** How a crowded row is ranked for the one glyph of its cell; 0 stays a column. */
function rank(lanes, row) {
  return lanes.badge(row).attention * 2 + (row.beyond ? 1 : 0);
}

export class Density {
  constructor(lanes) {
    this.lanes = lanes;
    this.columns = Math.ceil((lanes.width - lanes.gutter) / COLUMN) + 1;
    this.cells = Math.ceil((lanes.width - lanes.gutter) / CELL) + 1;
    this.bins = new Uint16Array(this.columns * lanes.names.length);
    this.worst = new Array(this.cells * lanes.names.length).fill(null);
    this.unit = (lanes.laneHeight - 6) / 5;
    this.packed = false;
  }

  column(row) {
    const x = Math.max(0, Math.floor(((row.at - this.lanes.from) * this.lanes.perMs) / COLUMN));
    return this.lanes.laneOf(row) * this.columns + Math.min(x, this.columns - 1);
  }

  cell(row) {
    const x = Math.max(0, Math.floor(((row.at - this.lanes.from) * this.lanes.perMs) / CELL));
    return this.lanes.laneOf(row) * this.cells + Math.min(x, this.cells - 1);
  }

  paintAll(rows) {
    for (const row of rows) {
      this.bins[this.column(row)] += 1;
      this.keepWorst(row);
    }
    for (let bin = 0; bin < this.bins.length; bin += 1) if (this.bins[bin]) this.bar(bin);
    const marked = this.worst.filter(Boolean).length;
    this.packed = marked > this.worst.length * PACKED;
    if (this.packed) this.paintShares(rows);
    this.worst.forEach((row, cell) => {
      if (row && (!this.packed || row.due > 0)) this.glyph(row, cell);
    });
  }

  paintMore(rows) {
    for (const row of rows) {
      const bin = this.column(row);
      this.bins[bin] += 1;
      this.bar(bin);
      if (this.keepWorst(row) && (!this.packed || row.due > 0)) this.glyph(row, this.cell(row));
    }
  }

  keepWorst(row) {
    const value = rank(this.lanes, row);
    const cell = this.cell(row);
    const held = this.worst[cell];
    if (!value || (held && rank(this.lanes, held) >= value)) return false;
    this.worst[cell] = row;
    return true;
  }

  place(bin) {
    const { gutter, laneHeight } = this.lanes;
    const lane = Math.floor(bin / this.columns);
    const height = Math.min(laneHeight - 5, Math.max(4, Math.log2(this.bins[bin] + 1) * this.unit));
    return { x: gutter + (bin - lane * this.columns) * COLUMN, y: (lane + 1) * laneHeight - 2 - height, height };
  }

  bar(bin) {
    const { x, y, height } = this.place(bin);
    this.lanes.context.fillStyle = this.lanes.theme.density;
    this.lanes.context.fillRect(x, y, COLUMN - 1, height);
  }

  /** Too many attention marks for glyphs: each column shows the share of those states in their colours. */
  paintShares(rows) {
    const shares = new Map();
    for (const row of rows) {
      const badge = this.lanes.badge(row);
      if (!badge.attention || row.due > 0) continue;
      const bin = this.column(row);
      if (!shares.has(bin)) shares.set(bin, new Map());
      const share = shares.get(bin);
      share.set(badge, (share.get(badge) || 0) + 1);
    }
    for (const [bin, share] of shares) this.paintShare(bin, share);
  }

  paintShare(bin, share) {
    const { x, y, height } = this.place(bin);
    let top = y;
    for (const [badge, n] of [...share].sort((a, b) => b[0].attention - a[0].attention)) {
      const part = Math.max(2, (height * n) / this.bins[bin]);
      this.lanes.context.fillStyle = this.lanes.theme.colours[badge.slug];
      this.lanes.context.fillRect(x, top, COLUMN - 1, part);
      top += part;
    }
  }

  glyph(row, cell) {
    const { gutter, laneHeight, atlas, context } = this.lanes;
    const lane = Math.floor(cell / this.cells);
    const x = gutter + (cell - lane * this.cells) * CELL + CELL / 2;
    const y = (lane + 0.5) * laneHeight;
    atlas.halo(context, x, y);
    atlas.draw(context, this.lanes.badge(row).index, row.beyond, x, y);
  }
}
