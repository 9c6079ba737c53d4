// Progress of what is done outside the request, read again from the page itself. Must not submit anything.
import { byId, say } from './shared.js';
import { localise } from './when.js';

const EVERY = 1500;

export function watchBuilds() {
  if (!document.querySelector('[data-running]')) return;
  const timer = setInterval(async () => {
    try {
      const answer = await fetch(location.href);
      if (!answer.ok || answer.redirected) return;
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
      for (const id of ['builds', 'report-list', 'checks']) {
        const fresh = next.getElementById(id);
        if (fresh && byId(id)) byId(id).replaceWith(document.adoptNode(fresh));
      }
      localise();
      if (document.querySelector('[data-running]')) return;
      clearInterval(timer);
      const result = document.querySelector('[data-says] p');
      if (result) say(result.textContent.trim().replace(/\s+/g, ' '));
    } catch {
      // The next round tries again; the page as it stands stays true.
    }
  }, EVERY);
}
