// The lanes when marks crowd: columns of density, coloured shares, one glyph a cell. Must not choose when.

export const COLUMN = 3;
export const CELL = 14;
export const PACKED = 0.45;
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

/** `share` (badge → how many) of the `n` of a column, the loudest at its top. */
export function paintShare(lanes, { x, y, wide, height }, n, share) {
  let top = y;
  for (const [badge, many] of [...share].sort((a, b) => b[0].attention - a[0].attention)) {
    const part = Math.max(2, (height * many) / n);
    lanes.context.fillStyle = lanes.theme.colours[badge.slug];
    lanes.context.fillRect(x, top, wide, part);
    top += part;
  }
}

export function paintGlyph({ gutter, laneHeight, atlas, context }, lane, cell, badge, beyond) {
  const x = gutter + cell * CELL + CELL / 2;
  const y = (lane + 0.5) * laneHeight;
  atlas.halo(context, x, y);
  atlas.draw(context, badge.index, beyond, x, y);
}

/** How high a column of `n` is. */
export function tall(laneHeight, n) {
  return Math.min(laneHeight - 5, Math.max(4, (Math.log2(n + 1) * (laneHeight - 6)) / 5));
}

export class Density {
  constructor(lanes) {
    this.lanes = lanes;
    this.columns = Math.ceil((lanes.width - lanes.gutter) / COLUMN) + 1;
    this.cells = Math.ceil((lanes.width - lanes.gutter) / CELL) + 1;
    this.bins = new Uint16Array(this.columns * lanes.names.length);
    this.worst = new Array(this.cells * lanes.names.length).fill(null);
    this.packed = false;
  }

  column(row) {
    return this.place(row, COLUMN, this.columns);
  }

  cell(row) {
    return this.place(row, CELL, this.cells);
  }

  place(row, wide, many) {
    const x = Math.max(0, Math.floor(((row.at - this.lanes.from) * this.lanes.perMs) / wide));
    return this.lanes.laneOf(row) * many + Math.min(x, many - 1);
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

  box(bin) {
    const { gutter, laneHeight } = this.lanes;
    const lane = Math.floor(bin / this.columns);
    const height = tall(laneHeight, this.bins[bin]);
    return { x: gutter + (bin - lane * this.columns) * COLUMN, y: (lane + 1) * laneHeight - 2 - height, wide: COLUMN - 1, height };
  }

  bar(bin) {
    const { x, y, wide, height } = this.box(bin);
    this.lanes.context.fillStyle = this.lanes.theme.density;
    this.lanes.context.fillRect(x, y, wide, height);
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
    for (const [bin, share] of shares) paintShare(this.lanes, this.box(bin), this.bins[bin], share);
  }

  glyph(row, cell) {
    const lane = Math.floor(cell / this.cells);
    paintGlyph(this.lanes, lane, cell - lane * this.cells, this.lanes.badge(row), row.beyond);
  }
}
