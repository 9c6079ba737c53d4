// The glyphs of the lanes, painted once into an atlas. Must not know where a mark goes.

const TURN = Math.PI * 2;
const CELL = 20;

function path(points, close = true) {
  return c => {
    c.beginPath();
    points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    if (close) c.closePath();
  };
}

const filled = draw => c => {
  draw(c);
  c.fill();
};

const stroked = (draw, width = 2.2) => c => {
  c.lineWidth = width;
  draw(c);
  c.stroke();
};

const circle = radius => c => {
  c.beginPath();
  c.arc(0, 0, radius, 0, TURN);
};

/** One drawing for each shape in the vocabulary. */
export const SHAPES = {
  disc: filled(circle(3.6)),
  ring: stroked(circle(3.8), 2),
  bars: c => {
    c.fillRect(-4, -4.5, 3, 9);
    c.fillRect(1, -4.5, 3, 9);
  },
  check: stroked(path([[-4.4, 0.2], [-1.2, 3.6], [4.6, -3.8]], false)),
  cross: stroked(c => {
    c.beginPath();
    c.moveTo(-3.8, -3.8);
    c.lineTo(3.8, 3.8);
    c.moveTo(3.8, -3.8);
    c.lineTo(-3.8, 3.8);
  }),
  'triangle-up': filled(path([[0, -5.2], [5.4, 4.2], [-5.4, 4.2]])),
  'triangle-left': filled(path([[-5.2, 0], [3.8, -4.8], [3.8, 4.8]])),
  dash: c => c.fillRect(-4.8, -1.7, 9.6, 3.4),
  diamond: stroked(path([[0, -4.6], [4.6, 0], [0, 4.6], [-4.6, 0]]), 1.8),
};

export class Atlas {
  constructor(badges, theme, scale) {
    this.scale = scale;
    this.theme = theme;
    this.canvas = document.createElement('canvas');
    this.canvas.width = CELL * scale * badges.length;
    this.canvas.height = CELL * scale * 2;
    const c = this.canvas.getContext('2d');
    badges.forEach((badge, column) => {
      for (const beyond of [0, 1]) this.paint(c, badge, column, beyond);
    });
  }

  /** The lower row of the atlas wears the underline that says "beyond permitted autonomy". */
  paint(c, badge, column, beyond) {
    const s = this.scale;
    c.setTransform(s, 0, 0, s, (column + 0.5) * CELL * s, (beyond + 0.5) * CELL * s);
    c.lineCap = 'round';
    c.lineJoin = 'round';
    c.fillStyle = this.theme.colours[badge.slug];
    c.strokeStyle = c.fillStyle;
    SHAPES[badge.shape](c);
    if (!beyond) return;
    c.fillStyle = this.theme.beyond;
    c.fillRect(-5.5, 6.6, 11, 2);
  }

  draw(c, index, beyond, x, y) {
    const size = CELL * this.scale;
    c.drawImage(this.canvas, index * size, beyond ? size : 0, size, size, Math.round(x) - CELL / 2, Math.round(y) - CELL / 2, CELL, CELL);
  }

  halo(c, x, y) {
    c.fillStyle = this.theme.halo;
    c.beginPath();
    c.arc(x, y, 7, 0, TURN);
    c.fill();
  }
}

export function readTheme(badges) {
  const style = getComputedStyle(document.documentElement);
  const of = name => style.getPropertyValue(name).trim();
  return {
    page: of('--page'),
    stripe: of('--raised'),
    ink: of('--ink'),
    mute: of('--mute'),
    grid: of('--lane-grid'),
    now: of('--lane-now'),
    halo: of('--lane-halo'),
    density: of('--lane-density'),
    hold: of('--lane-hold'),
    beyond: of('--lane-beyond'),
    colours: Object.fromEntries(badges.map(({ slug }) => [slug, of(`--badge-${slug}`)])),
  };
}
