// The rows that are ticked to be accepted together: by key, and what the bar says of them. Must not tick what nobody did.
import { byId, say } from './shared.js';

const box = row => row?.querySelector('.pick');

/** How many of `ticked` the server will take: what was opened, and the rest if it is of low risk and all alike. */
function fit(ticked) {
  const unseen = ticked.filter(one => !('opened' in one.dataset));
  const alike = new Set(unseen.map(one => one.dataset.like).filter(Boolean));
  const left = unseen.filter(one => !one.dataset.like || alike.size > 1).length;
  return ticked.length - left;
}

export function watchTicks(rows) {
  const form = byId('accept-many');
  const ticked = () => [...document.querySelectorAll('.pick:checked')];
  let last = null;

  const tell = () => {
    if (!form) return;
    const chosen = ticked();
    const words = `Accept ${fit(chosen)} of ${chosen.length} chosen (${Number(form.dataset.matching).toLocaleString('en')} match)`;
    form.hidden = !chosen.length;
    form.querySelector('[data-count]').textContent = words;
    form.querySelector('button').disabled = chosen.length > Number(form.dataset.most);
  };

  const put = (row, on) => {
    if (!box(row)) return false;
    box(row).checked = on;
    last = row;
    tell();
    say(form.querySelector('[data-count]').textContent);
    return true;
  };

  document.addEventListener('change', event => {
    if (!event.target.matches('.pick')) return;
    last = event.target.closest('li');
    tell();
  });
  tell();

  return {
    toggle: () => put(rows.current, !box(rows.current)?.checked),
    /** From the row that was ticked last to the one of the focus. */
    range: () => {
      const all = rows.all;
      const [from, to] = [all.indexOf(last), all.indexOf(rows.current)].sort((a, b) => a - b);
      if (to < 0) return false;
      for (const row of all.slice(Math.max(0, from), to + 1)) if (box(row)) box(row).checked = true;
      return put(rows.current, true);
    },
  };
}
