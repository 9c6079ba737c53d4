// What surrounds the marks: stripes, names, axis, the line of now, the ring of the selected. Must not draw marks.
import { ticks } from './axis.js';

export const AXIS = 26;
const FONT = '12px Inter, system-ui, sans-serif';

export function paintFrame(lanes, c) {
  const { names, laneHeight, width, height, gutter, theme } = lanes;
  c.fillStyle = theme.stripe;
  for (let i = 1; i < names.length; i += 2) c.fillRect(0, i * laneHeight, width, laneHeight);
  c.font = FONT;
  c.textBaseline = 'middle';
  c.textAlign = 'center';
  for (const { at, label } of ticks(lanes.from, lanes.to, lanes.perMs)) {
    const x = Math.round(lanes.x(at));
    if (x < gutter + 18 || x > width - 18) continue;
    c.fillStyle = theme.grid;
    c.fillRect(x, 0, 1, height - AXIS);
    c.fillStyle = theme.mute;
    c.fillText(label, x, height - AXIS / 2);
  }
  c.textAlign = 'left';
  c.fillStyle = theme.ink;
  names.forEach((name, i) => c.fillText(fit(c, name, gutter - 18), 12, (i + 0.5) * laneHeight));
}

export function paintOver(lanes, c, now) {
  const { scale, width, height, gutter, theme, selected } = lanes;
  c.setTransform(scale, 0, 0, scale, 0, 0);
  c.clearRect(0, 0, width, height);
  const x = lanes.x(now);
  c.fillStyle = theme.now;
  if (x > gutter && x < width) c.fillRect(x - 1, 0, 2, height - AXIS);
  if (!selected || selected.at < lanes.from) return;
  c.strokeStyle = theme.ink;
  c.lineWidth = 2;
  c.beginPath();
  c.arc(lanes.x(selected.at), lanes.y(selected), 10, 0, Math.PI * 2);
  c.stroke();
}

function fit(c, text, most) {
  if (c.measureText(text).width <= most) return text;
  let end = text.length;
  while (end > 1 && c.measureText(`${text.slice(0, end)}…`).width > most) end -= 1;
  return `${text.slice(0, end)}…`;
}
