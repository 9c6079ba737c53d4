// Progress of what is done outside the request, read again from the page itself. Must not submit anything.
import { redraw } from './redraw.js';
import { say } from './shared.js';
import './page.js';

const EVERY = 1500;

const running = () => document.querySelector('[data-running]');

if (running()) {
  const timer = setInterval(async () => {
    // In vain the next round tries again; the page as it stands stays true.
    if (!(await redraw('builds', 'report-list', 'checks').catch(() => false)) || running()) return;
    clearInterval(timer);
    const result = document.querySelector('[data-says] p');
    if (result) say(result.textContent.trim().replace(/\s+/g, ' '));
  }, EVERY);
}
