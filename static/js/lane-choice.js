// Which lanes are drawn and in what order; quiet ones fold into one. Must not draw.
import { Store } from './store.js';

const { compare } = new Intl.Collator('en', { numeric: true });

/** Returns { names, lane }: at most `room` lanes, by tier and name, and where each name goes. `earlier` is what was counted of before `rows`. */
export function chooseLanes(rows, key, room, from, store, earlier) {
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
  for (const counted of earlier?.weighed() ?? []) {
    weight.set(counted.name, (weight.get(counted.name) ?? 0) + counted.weight);
    tier.set(counted.name, Math.min(tier.get(counted.name) ?? 9, counted.tier ?? 9));
  }
  const inOrder = [...weight.keys()].sort((a, b) => tier.get(a) - tier.get(b) || compare(a, b));
  const folded = earlier?.counts?.others.lanes ?? 0;
  if (!folded && inOrder.length <= room) return { names: inOrder, lane: indexed(inOrder) };
  const kept = new Set([...inOrder].sort((a, b) => weight.get(b) - weight.get(a)).slice(0, room - 1));
  const names = inOrder.filter(name => kept.has(name));
  const lane = indexed(names);
  for (const name of inOrder) if (!kept.has(name)) lane.set(name, names.length);
  return { names: [...names, `${inOrder.length - names.length + folded} others`], lane };
}

function indexed(names) {
  return new Map(names.map((name, index) => [name, index]));
}
