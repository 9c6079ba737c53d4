// Folds what an agent repeated in one episode into one item of the list. Must not fold what needs eyes.

/** Items newest first: { id, rows, row, open?, member? }; `rows` are by time, oldest first. */
export function itemsOf(rows, store, opened) {
  const items = [];
  const groups = new Map();
  for (let i = rows.length - 1; i >= 0; i -= 1) {
    const row = rows[i];
    const key = row.episode && !store.needsEyes(row) ? `${row.episode}|${row.kind}|${row.service}` : '';
    const group = key && groups.get(key);
    if (group) {
      group.rows.push(row);
      continue;
    }
    const item = { id: row.id, key, row, rows: [row] };
    items.push(item);
    if (key) groups.set(key, item);
  }
  return unfolded(items, opened);
}

function unfolded(items, opened) {
  const all = [];
  for (const item of items) {
    if (item.rows.length < 2) {
      all.push(item);
      continue;
    }
    const open = opened.has(item.key);
    all.push({ ...item, id: `group:${item.key}`, open });
    if (open) for (const row of item.rows) all.push({ id: row.id, row, rows: [row], member: true });
  }
  return all;
}
