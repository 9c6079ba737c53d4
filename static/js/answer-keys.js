// The keys of a decision, wherever it is drawn: to answer it and to take its address along. Must not send anything in one press.
import { copyText } from './shared.js';

/** Approve and veto, in the form of a hold inside `scope`, a selector. */
export function bindVerdict(keys, scope) {
  const press = verb => document.querySelector(`${scope} .verdict button[value="${verb}"]`);
  keys.on(['a'], 'A, A', 'approve (the first press only arms)', () => keys.twice(press('approve'), 'a', 'approve'));
  keys.on(['v'], 'V, V', 'veto (the first press only arms)', () => keys.twice(press('veto'), 'v', 'veto'));
}

/** More time for people to answer. */
export function bindMore(keys, scope) {
  keys.on(['h'], 'H, H', 'give people 15 minutes more (the first press only arms)', () => keys.twice(document.querySelector(`${scope} .more-time button`), 'h', 'give more time'));
}

/** The next who can be called to it. */
export function bindCall(keys, scope) {
  keys.on(['e'], 'E, E', 'call the next who is on call (the first press only arms)', () => keys.twice(document.querySelector(`${scope} .calls button`), 'e', 'call them'));
}

/** The reason of a verdict or a sign-off. */
export function bindReason(keys, scope) {
  keys.on(['r'], 'R', 'to the reason box', () => {
    const box = document.querySelector(`${scope} :is(.verdict, .sign-off) textarea`);
    box?.focus();
    return Boolean(box);
  });
}

/** The address of the decision that `which` names by its id. */
export function bindCopy(keys, which) {
  keys.on(['c'], 'C', 'copy the link', () => {
    const id = which();
    if (id) copyText(new URL(`/decisions/${id}/`, location.href).href);
    return Boolean(id);
  });
}
