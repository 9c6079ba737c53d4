// One WebSocket, resumed by seq: nothing skipped, nothing twice. Must not know what a row means.

const STALE_AFTER = 12000;
const BACK_OFF = { first: 400, most: 15000 };
const OFFSETS = 9;

/** Fires "rows" (rows, replay), "reset", "stop" (people have stopped agents, or let them go on: the red bar, and the rows that wait), "needs" (n, how many decisions need people, and a mark of them), "alarms" (the bar of alarms is another; whether the reader is called), "beat" (nothing new), and "state" (name, and retryAt, behind or since). */
export class Live extends EventTarget {
  /** `seq` is what the page holds; `stops` names those that it shows; `serverNow` is the server's clock, where the page tells it. */
  constructor(address, seq, stops, serverNow) {
    super();
    this.address = address;
    this.seq = seq;
    this.head = seq;
    this.stops = stops;
    this.offsets = serverNow ? [serverNow - Date.now()] : [];
    this.skew = this.offsets[0] ?? 0;
    this.state = 'connecting';
    this.tries = 0;
    this.heard = 0;
    this.gaps = 0;
  }

  start() {
    addEventListener('online', () => this.open(true));
    addEventListener('offline', () => this.socket?.close());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.state !== 'live') this.open(true);
    });
    setInterval(() => this.watch(), 1000);
    this.open();
  }

  now() {
    return Date.now() + this.skew;
  }

  open(atOnce) {
    if (this.socket && this.socket.readyState < WebSocket.CLOSING) return;
    clearTimeout(this.timer);
    if (atOnce) this.tries = 0;
    const url = new URL(this.address, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('after', this.seq);
    url.searchParams.set('stops', this.stops);
    if (this.alarms) url.searchParams.set('alarms', this.alarms());
    this.opened = false;
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.opened = true;
      this.heard = performance.now();
    };
    socket.onmessage = event => this.take(JSON.parse(event.data));
    socket.onclose = event => {
      if (this.socket === socket) this.lost(event);
    };
  }

  take(frame) {
    this.heard = performance.now();
    if (frame.now) this.setClock(frame.now);
    if (frame.seq > this.head) this.head = frame.seq;
    if (frame.t === 'rows') this.takeRows(frame);
    else if (frame.t === 'live') this.caughtUp(frame);
    else if (frame.t === 'hb') this.beat(frame);
    else if (frame.t === 'stop') this.stopped(frame);
    else if (frame.t === 'needs') this.dispatchEvent(new CustomEvent('needs', { detail: frame }));
    else if (frame.t === 'alarms') this.dispatchEvent(new CustomEvent('alarms', { detail: frame.called }));
    else if (frame.t === 'reset') this.dispatchEvent(new CustomEvent('reset', { detail: frame }));
  }

  takeRows(frame) {
    if (frame.seq <= this.seq) return;
    if (frame.prev > this.seq) {
      this.repair();
      return;
    }
    this.seq = frame.seq;
    this.dispatchEvent(new CustomEvent('rows', { detail: { rows: frame.rows, replay: Boolean(frame.replay), sent: frame.now } }));
    if (frame.replay) this.set('catching', { behind: frame.rows.length });
  }

  repair() {
    this.gaps += 1;
    this.socket.send(JSON.stringify({ t: 'resume', seq: this.seq }));
  }

  caughtUp(frame) {
    this.tries = 0;
    if (frame.seq > this.seq) this.seq = frame.seq;
    this.set('live');
  }

  stopped(frame) {
    this.stops = frame.stops.join(',');
    this.dispatchEvent(new CustomEvent('stop', { detail: frame }));
  }

  beat(frame) {
    if (frame.seq > this.seq) this.repair();
    if (this.state === 'stale') this.set('live');
    this.dispatchEvent(new Event('beat'));
  }

  setClock(serverNow) {
    this.offsets.push(serverNow - Date.now());
    if (this.offsets.length > OFFSETS) this.offsets.shift();
    const sorted = [...this.offsets].sort((a, b) => a - b);
    this.skew = sorted[sorted.length >> 1];
  }

  watch() {
    const silent = performance.now() - this.heard;
    if (this.state === 'live' && silent > STALE_AFTER) {
      this.set('stale', { silent });
      this.socket.close(4000);
    }
  }

  async lost(event) {
    const wait = Math.min(BACK_OFF.most, BACK_OFF.first * 2 ** this.tries) * (0.7 + Math.random() * 0.6);
    this.tries += 1;
    this.timer = setTimeout(() => this.open(), wait);
    const refused = event.code === 4401 || event.code === 4403 || (!this.opened && (await this.signedOut()));
    this.set(refused ? 'expired' : 'down', { retryAt: Date.now() + wait });
  }

  async signedOut() {
    try {
      const answer = await fetch('/api/v1/timeline?limit=1', { redirect: 'manual' });
      return answer.status === 401 || answer.status === 403 || answer.type === 'opaqueredirect';
    } catch {
      return false;
    }
  }

  set(name, more = {}) {
    if (name === 'live' && this.state === 'live') return;
    if (name !== this.state) this.since = Date.now();
    this.state = name;
    this.dispatchEvent(new CustomEvent('state', { detail: { name, since: this.since, ...more } }));
  }
}
