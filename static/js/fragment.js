// Server fragments: fetched, put in place, and what is said when that fails. Must not build data into HTML.
import { make } from './shared.js';
import { localise } from './when.js';

const SIGN_IN = '/accounts/login/';

/** `headers` as `unasked`, where the page asks by itself. */
export async function loadFragment(url, headers) {
  const answer = await fetch(url, { headers: { 'HX-Request': 'true', ...headers } });
  if (answer.redirected && new URL(answer.url).pathname === SIGN_IN) throw new SignedOut();
  const text = await answer.text();
  if (!answer.ok && !text.includes('id="dec"')) throw new Error(`The server answered ${answer.status}.`);
  return text;
}

let forms = null;

/** What lets the forms of a fragment answer in place, fetched when the first is shown. Without it they answer with a page. */
export function loadForms(address) {
  forms ||= new Promise(done => {
    const script = make('script');
    script.src = address;
    script.onload = script.onerror = done;
    document.head.append(script);
  });
  return forms;
}

export class SignedOut extends Error {}

export function putFragment(host, html) {
  host.innerHTML = html;
  settle(host);
}

export function settle(host) {
  globalThis.htmx?.process(host);
  localise(host);
}

/** A note in place of, or beside, what could not be had. */
export function problemNote(error, again) {
  const note = make('div', 'note bad');
  note.setAttribute('role', 'alert');
  const box = note.appendChild(make('div'));
  const signedOut = error instanceof SignedOut;
  box.append(make('p', '', signedOut ? 'You are signed out.' : 'This could not be loaded.'));
  if (signedOut) {
    const link = make('a', '', 'Sign in and come back here');
    link.href = `${SIGN_IN}?next=${encodeURIComponent(location.pathname + location.search)}`;
    box.append(link);
    return note;
  }
  box.append(make('p', 'small', error.message));
  const button = make('button', 'button', 'Try again');
  button.type = 'button';
  button.addEventListener('click', again);
  box.append(button);
  return note;
}
