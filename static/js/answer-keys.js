// The keys that answer a hold, wherever its form is drawn. Must not send anything in one press.

/** Binds approve, veto and reason to the form inside `scope`, a selector. */
export function bindAnswers(keys, scope) {
  const press = verb => document.querySelector(`${scope} .verdict button[value="${verb}"]`);
  keys.on(['a'], 'A, A', 'approve (the first press only arms)', () => keys.twice(press('approve'), 'a', 'approve'));
  keys.on(['v'], 'V, V', 'veto (the first press only arms)', () => keys.twice(press('veto'), 'v', 'veto'));
  keys.on(['r'], 'R', 'to the reason box', () => {
    const box = document.querySelector(`${scope} .answer textarea`);
    box?.focus();
    return Boolean(box);
  });
}
