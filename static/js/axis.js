// The time axis under the lanes. Must not know about rows.
import { day, minute, second } from './when.js';

const MINUTE = 60e3;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  1e3, 5e3, 15e3, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY,
];
const APART = 84;

export function ticks(from, to, perMs) {
  const step = STEPS.find(s => s * perMs >= APART) || STEPS.at(-1);
  const offset = new Date(to).getTimezoneOffset() * MINUTE;
  const found = [];
  for (let at = Math.ceil((from - offset) / step) * step + offset; at < to; at += step) {
    found.push({ at, label: label(new Date(at), step) });
  }
  return found;
}

function label(date, step) {
  if (step >= DAY || (date.getHours() === 0 && date.getMinutes() === 0 && step >= HOUR)) return day(date);
  return step < MINUTE ? second(date) : minute(date);
}
