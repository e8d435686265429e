// The wire: requests, and a WebSocket that comes back by itself (debate-protocol(7)).

// `status` 0: nobody answered.
export const refusal = (status, message) => Object.assign(new Error(message), { status });

export async function call(method, path, token, headers, body) {
	const all = token ? { ...headers, Authorization: `Bearer ${token}` } : headers;
	const answer = await fetch(path, { method, headers: all, body }).catch(() => {
		throw refusal(0);
	});
	if (answer.ok) return answer;
	const { error } = await answer.json().catch(() => ({}));
	throw refusal(answer.status, error?.message);
}

export async function request(method, path, token, body) {
	const headers = body && { 'Content-Type': 'application/json' };
	return (await call(method, path, token, headers, body && JSON.stringify(body))).json();
}

export const sessionOf = ({ sessionId, token }) =>
	request('GET', `/api/sessions/${sessionId}`, token);

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
// Milliseconds; so short that voices are back within 2 s of the network, however long it was away.
export const backoff = (tries) => Math.min(1000, 250 * 2 ** tries) * (0.5 + Math.random() / 2);

// Close codes after which nobody comes back: the end, a broken rule, replaced elsewhere.
const FINAL = [1000, 1007, 1008, 1009, 4001];

// `on` has message(message) and may have open(), away(), closed(code) and refused(): perhaps it
// was, for nothing came back.
export class Socket {
	tries = 0;

	constructor(path, on) {
		Object.assign(this, { path, on });
		this.connect();
	}

	connect() {
		clearTimeout(this.retry);
		const ws = (this.ws = new WebSocket(location.origin.replace('http', 'ws') + this.path));
		this.askedAt = performance.now();
		ws.onopen = () => this.on.open?.();
		ws.onmessage = ({ data }) => {
			if (ws !== this.ws) return;
			this.askedAt = null;
			this.tries = 0;
			this.on.message(JSON.parse(data));
		};
		ws.onclose = ({ code }) => ws === this.ws && this.lost(code);
	}

	lost(code) {
		this.ws = null;
		this.isOver ||= FINAL.includes(code);
		if (this.isOver) return this.on.closed?.(code);
		this.retry = setTimeout(() => this.isOver || this.connect(), backoff(this.tries++));
		this.on.away?.();
		if (this.askedAt) this.on.refused?.();
	}

	// What has not answered for so long is cut and opened anew; with 0 a wait is cut short as well.
	hurry(ms) {
		const isPatient = ms && !(this.ws && this.askedAt && performance.now() - this.askedAt > ms);
		if (this.isOver || isPatient) return;
		this.tries++;
		if (this.cut()) this.on.away?.();
		this.connect();
	}

	// True when it went out. `isAsking`: something must come back.
	send(message, isAsking) {
		if (this.ws?.readyState !== WebSocket.OPEN) return false;
		if (isAsking) this.askedAt ??= performance.now();
		this.ws.send(JSON.stringify(message));
		return true;
	}

	cut() {
		const old = this.ws;
		this.ws = null;
		old?.close();
		return old;
	}

	close() {
		this.isOver = true;
		clearTimeout(this.retry);
		this.cut();
	}
}
