// What every module needs of the page: its regions for spoken text, its configuration, the breakpoints. Must not hold state.

export const byId = id => document.getElementById(id);

/** Headers of what a page asks for by itself: its reader does not count as present by it. */
export const unasked = { 'X-Unasked': '1' };

/** What the timeline's API answers to `query`. */
export async function timeline(query, headers = {}) {
  const answer = await fetch(`/api/v1/timeline${query}`, { headers });
  if (!answer.ok) throw new Error(`timeline ${answer.status}`);
  return answer.json();
}

export const phone = matchMedia('(max-width: 820px)');
export const narrow = matchMedia('(max-width: 1000px)');

export function say(text) {
  byId('say').textContent = text;
}

export function shout(text) {
  byId('shout').textContent = text;
}

export function embedded(id) {
  const element = byId(id);
  return element ? JSON.parse(element.textContent) : null;
}

/** How many decisions needed people when the page was drawn. */
export const neededAtFirst = () => Number(document.querySelector('[data-needs]')?.textContent || 0);

/** How many decisions need people, wherever the frame of the page says so. */
export function countNeeds(n) {
  for (const badge of document.querySelectorAll('[data-needs]')) {
    badge.textContent = n;
    badge.hidden = !n;
  }
}

export function counted(n, one, many = `${one}s`) {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

const SVG = 'http://www.w3.org/2000/svg';

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#${name}`);
  svg.append(use);
  return svg;
}

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Puts `text` where a person can paste it from, and says so. A browser gives no clipboard to a page that came unprotected. */
export function copyText(text) {
  const copied = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'));
  copied.then(() => say('Copied'), () => shout('This browser does not let the page copy. Select the text and copy it.'));
}
