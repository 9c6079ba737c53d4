// The keys that answer a decision, wherever its form is drawn. Must not send anything in one press.

/** Approve and veto, in the form of a hold inside `scope`, a selector. */
export function bindVerdict(keys, scope) {
  const press = verb => document.querySelector(`${scope} .verdict button[value="${verb}"]`);
  keys.on(['a'], 'A, A', 'approve (the first press only arms)', () => keys.twice(press('approve'), 'a', 'approve'));
  keys.on(['v'], 'V, V', 'veto (the first press only arms)', () => keys.twice(press('veto'), 'v', 'veto'));
}

/** The reason of a verdict or a sign-off. */
export function bindReason(keys, scope) {
  keys.on(['r'], 'R', 'to the reason box', () => {
    const box = document.querySelector(`${scope} :is(.verdict, .sign-off) textarea`);
    box?.focus();
    return Boolean(box);
  });
}
