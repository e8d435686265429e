// The wire: requests, and a WebSocket that comes back by itself (debate-protocol(7)). Knows nothing
// of the page.

export class Refusal extends Error {
  // `status` 0: nobody answered.
  constructor(status, code, message) {
    super(message || code);
    this.status = status;
    this.code = code;
  }
}

// The JSON of the answer; throws a Refusal.
export async function request(method, path, token, body) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Refusal(0, 'unreachable', '');
  }
  const json = await answer.json().catch(() => ({}));
  if (answer.ok) return json;
  throw new Refusal(answer.status, json.error?.code ?? 'internal', json.error?.message);
}

// Half to the whole of 250 ms, doubling, at most 8 s.
export function backoff(tries) {
  return Math.min(8000, 250 * 2 ** tries) * (0.5 + Math.random() / 2);
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Close codes after which nobody comes back: the end, a broken rule, replaced elsewhere.
const FINAL = [1000, 1007, 1008, 1009, 4001];

// `on` has open(), message(message), away() and closed(code), and may have refused(): asked when a
// connection could not be opened, true when it never will be.
export class Socket {
  constructor(path, on) {
    this.url = location.origin.replace(/^http/, 'ws') + path;
    this.on = on;
    this.tries = 0;
    this.connect();
  }

  connect() {
    clearTimeout(this.retry);
    const ws = new WebSocket(this.url);
    let isOpen = false;
    this.ws = ws;
    this.heardAt = performance.now();
    ws.onopen = () => {
      isOpen = true;
      this.on.open();
    };
    ws.onmessage = ({ data }) => {
      if (ws !== this.ws) return;
      this.heardAt = performance.now();
      this.tries = 0;
      this.on.message(JSON.parse(data));
    };
    ws.onclose = ({ code }) => ws === this.ws && this.lost(code, isOpen);
  }

  async lost(code, wasOpen) {
    this.ws = null;
    if (FINAL.includes(code)) {
      this.isOver = true;
      this.on.closed(code);
      return;
    }
    this.on.away();
    if (!wasOpen && (await this.on.refused?.())) return;
    if (this.isOver || this.ws) return;
    this.retry = setTimeout(() => this.connect(), backoff(this.tries++));
  }

  // What was silent for so long is cut and opened anew; with 0 a wait is cut short as well.
  hurry(silentMs) {
    const isWaiting = !this.ws && silentMs > 0;
    if (this.isOver || isWaiting || performance.now() - this.heardAt < silentMs) return;
    const old = this.ws;
    this.ws = null;
    old?.close();
    if (old) this.on.away();
    this.connect();
  }

  get isOpen() {
    return this.ws?.readyState === WebSocket.OPEN;
  }

  send(message) {
    if (this.isOpen) this.ws.send(JSON.stringify(message));
    return this.isOpen;
  }

  close() {
    this.isOver = true;
    clearTimeout(this.retry);
    const old = this.ws;
    this.ws = null;
    old?.close(1000);
  }
}

// The claims of a token that this page was given; only to be shown, the server checks it.
export function claims(token) {
  try {
    const text = atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
  } catch {
    return {};
  }
}
