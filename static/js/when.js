// Times in the reader's own zone. Must not decide anything: the server's instants are only written differently.

const two = n => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export const minute = date => `${two(date.getHours())}:${two(date.getMinutes())}`;
export const second = date => `${minute(date)}:${two(date.getSeconds())}`;
export const day = date => `${date.getDate()} ${MONTHS[date.getMonth()]}`;

const sameDay = (a, b) => a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();

export function auto(date, today = new Date()) {
  return sameDay(date, today) ? second(date) : `${day(date)} ${minute(date)}`;
}

const FORMS = {
  auto,
  time: second,
  minute,
  date: date => `${day(date)} ${date.getFullYear()}`,
  full: date => `${day(date)} ${date.getFullYear()} ${second(date)}`,
};

export function localise(root = document) {
  for (const element of root.querySelectorAll('time[datetime]')) {
    const form = FORMS[element.dataset.form] || auto;
    element.textContent = form(new Date(element.dateTime));
  }
}

/** Names the reader's zone once the page is drawn: asking for it costs a phone a tenth of a second. */
export function nameZone() {
  const place = document.getElementById('zone');
  if (place) setTimeout(() => { place.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone || place.textContent; }, 300);
}

/** A query for what occurred from `from` to `to`, with `more`. */
export function between(from, to, more) {
  return new URLSearchParams({ ...more, from: new Date(from).toISOString(), to: new Date(to).toISOString() });
}

export function utc(ms) {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
