// The swim lanes on a canvas: geometry, the cached history layer, the overlay. Must not keep rows of its own.
import { COLUMN, Density, crowded } from './density.js';
import { paintCounts } from './lane-counts.js';
import { paintHolds, paintMarks } from './lane-marks.js';
import { Atlas } from './marks.js';
import { chooseLanes } from './lane-choice.js';
import { AXIS, paintFrame, paintOver } from './lane-frame.js';
import { Store } from './store.js';

const CROWDED = 0.25;
const TALLEST = 56;

export class Lanes {
  constructor(host, store, theme, size) {
    Object.assign(this, { host, store, theme, size, rows: [], names: [], selected: null, version: 0, window: 0 });
    this.key = 'service';
    this.canvas = host.appendChild(document.createElement('canvas'));
    this.over = host.appendChild(document.createElement('canvas'));
    this.context = this.canvas.getContext('2d', { alpha: false });
    this.overContext = this.over.getContext('2d');
    new ResizeObserver(() => this.resize()).observe(host);
    this.resize();
  }

  setTheme(theme) {
    this.theme = theme;
    this.atlas = null;
    this.version += 1;
  }

  resize() {
    this.width = Math.floor(this.host.clientWidth);
    this.height = Math.floor(this.host.clientHeight);
    this.scale = Math.min(devicePixelRatio || 1, 2);
    this.gutter = this.size().gutter;
    for (const canvas of [this.canvas, this.over]) {
      canvas.width = this.width * this.scale;
      canvas.height = this.height * this.scale;
      canvas.style.width = `${this.width}px`;
      canvas.style.height = `${this.height}px`;
    }
    this.atlas = null;
    this.choose();
  }

  /** Shows `rows` (by time); call it again when the set has changed otherwise than by `add`. */
  show(rows) {
    this.rows = rows;
    this.choose();
  }

  choose() {
    const { least, most } = this.size();
    const room = Math.max(1, Math.min(most, Math.floor((this.height - AXIS) / least)));
    const from = this.window ? this.to - this.window : 0;
    Object.assign(this, chooseLanes(this.rows, this.key, room, from, this.store, this.earlier));
    this.laneHeight = Math.min(TALLEST, (this.height - AXIS) / Math.max(1, this.names.length));
    this.version += 1;
  }

  laneOf(row) {
    return this.lane.get(row[this.key]) ?? this.names.length - 1;
  }

  badge(row) {
    return this.store.badge(row);
  }

  /** Rows just arrived: painted onto the layer where it can take them. */
  add(rows) {
    if (rows.some(row => !this.lane.has(row[this.key]))) this.choose();
    else this.pending = (this.pending || []).concat(rows);
  }

  x(ms) {
    return this.gutter + (ms - this.from) * this.perMs;
  }

  y(row) {
    return (this.laneOf(row) + 0.5) * this.laneHeight;
  }

  draw(from, to, now) {
    if (this.width <= this.gutter || this.height <= AXIS) return;
    this.atlas ||= new Atlas(this.store.cfg.badges, this.theme, this.scale);
    this.perMs = (this.width - this.gutter) / (to - from);
    const quantum = COLUMN / this.perMs;
    this.from = Math.floor(from / quantum) * quantum;
    this.to = to;
    this.window = to - from;
    const key = `${this.from}|${this.window}|${this.version}`;
    if (key !== this.painted) {
      this.painted = key;
      this.paintAll();
    } else if (this.pending?.length) this.paintMore(this.pending.filter(row => row.at < to));
    this.pending = null;
    paintOver(this, this.overContext, now);
  }

  paintAll() {
    const c = this.context;
    c.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    c.fillStyle = this.theme.page;
    c.fillRect(0, 0, this.width, this.height);
    paintFrame(this, c);
    const rows = this.rows.slice(Store.lower(this.rows, this.from), Store.lower(this.rows, this.to));
    const columns = (this.width - this.gutter) / COLUMN;
    this.most = columns * Math.max(1, this.names.length) * CROWDED;
    this.dense = rows.length > this.most || crowded(this, rows) ? new Density(this) : null;
    this.drawn = rows.length;
    this.clipped(() => {
      paintCounts(this);
      paintHolds(this, this.store.holds());
      if (this.dense) this.dense.paintAll(rows);
      else paintMarks(this, rows);
    });
  }

  paintMore(rows) {
    const visible = rows.filter(row => row.at >= this.from);
    this.drawn += visible.length;
    if (!this.dense && this.drawn > this.most) {
      this.painted = '';
      return;
    }
    this.clipped(() => {
      paintHolds(this, visible.filter(row => row.due > 0));
      if (this.dense) this.dense.paintMore(visible);
      else paintMarks(this, visible);
    });
  }

  clipped(work) {
    const c = this.context;
    c.save();
    c.beginPath();
    c.rect(this.gutter, 0, this.width - this.gutter, this.height - AXIS);
    c.clip();
    work();
    c.restore();
  }
}
