// Single marks and the bars of holds, when the lanes have room for them. Must not choose the level of detail.

/** A hold is a bar from when it was asked to its deadline, past now. */
export function paintHolds(lanes, rows) {
  const thick = Math.min(14, lanes.laneHeight * 0.56);
  lanes.context.fillStyle = lanes.theme.hold;
  for (const row of rows) {
    if (row.due < lanes.from) continue;
    lanes.context.fillRect(lanes.x(row.at), lanes.y(row) - thick / 2, Math.max(2, (row.due - row.at) * lanes.perMs), thick);
  }
}

/** Routine marks first, those that ask for attention on top, the loudest last. */
export function paintMarks(lanes, rows) {
  const draw = row => lanes.atlas.draw(lanes.context, lanes.badge(row).index, row.beyond, lanes.x(row.at), lanes.y(row));
  const loud = [];
  for (const row of rows) {
    if (row.beyond || lanes.badge(row).attention) loud.push(row);
    else draw(row);
  }
  loud.sort((a, b) => lanes.badge(a).attention - lanes.badge(b).attention);
  loud.forEach(draw);
}
