// The server's clock: of the last eight pings the one with the shortest round trip
// (debate-protocol(7), "The clock"). Milliseconds.

let samples = [];
let isStale = true;

const best = () => samples.toSorted((a, b) => a.trip - b.trip)[0];

// t0 and t3 are performance.now() when the ping left and the pong came.
export function add({ t0, t1, t2 }, t3) {
	const trip = t3 - t0 - (t2 - t1);
	if (trip < 0) return;
	samples = [...(isStale ? [] : samples.slice(-7)), { offset: (t1 - t0 + t2 - t3) / 2, trip }];
	isStale = false;
}

// The next sample replaces all earlier ones.
export const renew = () => (isStale = true);

export const isKnown = () => samples.length > 0;

export const error = () => (isKnown() ? best().trip / 2 : undefined);

export const now = () => (isKnown() ? performance.now() + best().offset : Date.now());
