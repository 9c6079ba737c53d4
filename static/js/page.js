// What every page does: local times, countdowns, answers in place, the small dialogs. Must not need a socket.
import { watchAlarms } from './alarms.js';
import { watchAnswers } from './answers.js';
import { startCountdowns } from './countdown.js';
import { keys } from './keys.js';
import { byId, copyText, say } from './shared.js';
import { listen } from './stops.js';
import { localise, nameZone } from './when.js';

localise();
nameZone();
watchAnswers();
// After the modules of the page, which put their own first.
addEventListener('DOMContentLoaded', () => keys.finish());
if (!byId('lanes')) {
  const line = document.querySelector('[data-needs]') ? listen() : null;
  if (line) watchAlarms(line);
  startCountdowns(() => line?.now() ?? Date.now(), say);
}

byId('more-tab')?.addEventListener('click', event => {
  event.preventDefault();
  byId('more').showModal();
});

document.querySelector('#more [data-closes]')?.addEventListener('click', event => {
  if (!byId('more').open) return;
  event.preventDefault();
  byId('more').close();
});

document.addEventListener('click', event => {
  const menu = document.querySelector('.me[open]');
  if (menu && !menu.contains(event.target)) menu.open = false;
  const copy = event.target.closest('[data-copy]');
  if (copy) copyText(copy.dataset.copy);
  const copies = event.target.closest('[data-copies]');
  if (copies) {
    const box = byId(copies.dataset.copies);
    box.select();
    copyText(box.value);
  }
  if (event.target.closest('[data-print]')) print();
});

for (const select of document.querySelectorAll('select[data-submits]')) {
  select.addEventListener('change', () => select.form.requestSubmit());
}
