// Which lanes are drawn and in what order; quiet ones fold into one. Must not draw.
import { Store } from './store.js';

/** Returns { names, lane }: at most `room` lanes, by tier and name, and where each name goes. */
export function chooseLanes(rows, key, room, from, store) {
  const weight = new Map();
  const tier = new Map();
  for (const row of rows) {
    const name = row[key];
    if (!weight.has(name)) weight.set(name, 0);
    tier.set(name, Math.min(tier.get(name) ?? 9, row.tier ?? 9));
  }
  for (let i = Store.lower(rows, from); i < rows.length; i += 1) {
    const row = rows[i];
    const extra = row.due > 0 ? 50 : store.badge(row).attention * 3 + (row.beyond ? 2 : 0);
    weight.set(row[key], weight.get(row[key]) + 0.1 + extra);
  }
  const inOrder = [...weight.keys()].sort((a, b) => tier.get(a) - tier.get(b) || a.localeCompare(b));
  if (inOrder.length <= room) return { names: inOrder, lane: indexed(inOrder) };
  const kept = new Set([...inOrder].sort((a, b) => weight.get(b) - weight.get(a)).slice(0, room - 1));
  const names = inOrder.filter(name => kept.has(name));
  const lane = indexed(names);
  for (const name of inOrder) if (!kept.has(name)) lane.set(name, names.length);
  return { names: [...names, `${inOrder.length - names.length} others`], lane };
}

function indexed(names) {
  return new Map(names.map((name, index) => [name, index]));
}
