// Forms that answer in place through htmx: what is said when an answer does not arrive. Must not decide for the person.
import { countNeeds, make, shout } from './shared.js';
import { settle } from './fragment.js';
import { localise } from './when.js';

const SIGN_IN = '/accounts/login/';
const AGAIN = ['/accounts/reauthenticate/', '/account/factor/'];

function complain(form, words, link) {
  let place = form.querySelector('.error');
  if (!place) {
    place = make('p', 'error');
    place.setAttribute('role', 'alert');
    form.append(place);
  }
  place.textContent = `${words} `;
  if (!link) return;
  const anchor = make('a', '', link.text);
  anchor.href = link.href;
  place.append(anchor);
}

function beforeResponse(event) {
  const { ctx } = event.detail;
  const form = ctx.sourceElement?.closest('form');
  const { raw } = ctx.response;
  if (!form) return;
  if (raw.redirected && AGAIN.includes(new URL(raw.url).pathname)) {
    // The server keeps what was typed, and comes back here.
    event.preventDefault();
    location.href = raw.url;
  } else if (raw.redirected && new URL(raw.url).pathname === SIGN_IN) {
    event.preventDefault();
    // The server keeps what was typed here, and its address says where it will be.
    complain(form, 'You are signed out. Nothing was recorded; what you typed is kept.', { text: 'Sign in', href: raw.url });
  } else if (raw.status >= 400 && raw.headers.get('content-type')?.includes('json')) {
    event.preventDefault();
    complain(form, `The server refused this (${raw.status}). Nothing was recorded.`);
  } else if (raw.status >= 500) {
    event.preventDefault();
    complain(form, 'The server failed. Press the button again: the same answer is never recorded twice.');
  }
}

function afterSwap() {
  const panel = document.getElementById('dec');
  if (!panel) {
    // A part of a page that came after it.
    localise();
    return;
  }
  settle(panel);
  const result = panel.querySelector('[data-result]');
  if (!result) return;
  if (result.dataset.waiting) countNeeds(Number(result.dataset.waiting));
  result.focus();
  shout(result.textContent.trim().replace(/\s+/g, ' '));
}

/** While an answer is under way its form says so, and nobody else may replace it. */
function mark(event, sending) {
  event.detail.ctx?.sourceElement?.closest('form')?.toggleAttribute('data-sending', sending);
}

export function watchAnswers() {
  document.addEventListener('htmx:before:request', event => mark(event, true));
  document.addEventListener('htmx:finally:request', event => mark(event, false));
  document.addEventListener('htmx:before:response', beforeResponse);
  document.addEventListener('htmx:after:swap', afterSwap);
  document.addEventListener('htmx:error', event => {
    const form = event.detail.ctx?.sourceElement?.closest('form');
    if (form) complain(form, 'No answer from the server, so it is not known whether this was recorded. Press the button again: the same answer is never recorded twice.');
  });
}
