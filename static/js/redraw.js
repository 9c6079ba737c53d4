// Parts of a page, drawn anew from the page itself. Must not lose where the reader is.
import { byId, unasked } from './shared.js';
import { localise } from './when.js';

/** Puts the parts with those ids in place as the server draws them now; whether it drew them. */
export async function redraw(...ids) {
  const answer = await fetch(location.href, { headers: unasked });
  if (!answer.ok || answer.redirected) return false;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const at = document.activeElement?.href;
  for (const id of ids) {
    const fresh = next.getElementById(id);
    if (fresh && byId(id)) byId(id).replaceWith(document.adoptNode(fresh));
  }
  localise();
  if (at && !document.activeElement?.href) [...document.links].find(link => link.href === at)?.focus({ preventScroll: true });
  return true;
}
