// Records one's own voice: MediaRecorder's pieces go to the shelf as they come.

import * as clock from './clock.js';
import { recorded } from './mic.js';
import * as shelf from './shelf.js';

const OPUS = { mimeType: 'audio/webm;codecs=opus', audioBitsPerSecond: 48000 };
const PIECE_MS = 1000;

export let running; // the recording, while there is one
let media, holding;
let work = Promise.resolve(); // what has yet to be done on the shelf

export async function start(seat, ask, failed) {
	if (running || !globalThis.MediaRecorder?.isTypeSupported(OPUS.mimeType)) return;
	const startedAt = Math.round(clock.now());
	const key = crypto.randomUUID();
	const recording = (running = { ...seat, key, startedAt });
	const began = performance.now();
	const read = () => [performance.now() - began, clock.now()].map((ms) => Math.round(ms * 1000));
	const first = read();
	let count = 0;
	media = new MediaRecorder(recorded, OPUS);
	media.ondataavailable = ({ data }) => {
		const number = count++;
		recording.readings = [first, read()];
		work = work
			.then(async () => data.size && shelf.append(recording, number, await data.arrayBuffer()))
			.catch(failed);
	};
	media.start(PIECE_MS);
	const { promise, resolve: letGo } = Promise.withResolvers();
	holding = { letGo, isFree: shelf.hold(recording, () => promise) };
	await ask('start_recording', { started_at_ms: startedAt }).catch(async (error) => {
		await stop();
		await shelf.drop(recording);
		throw error;
	});
}

// What the server calls the recording that was asked for.
export function named(id) {
	const recording = running;
	if (!recording || recording.id) return;
	recording.id = id;
	work = work.then(() => shelf.put(recording));
}

// When all of it lies on the shelf; `id` undefined: of whatever runs.
export async function stop(id = running?.id) {
	if (!running || id !== running.id) return;
	running = null;
	const { letGo, isFree } = holding;
	if (media.state !== 'inactive') {
		const isStopped = new Promise((stopped) => (media.onstop = stopped));
		media.stop();
		await isStopped;
	}
	await work;
	letGo();
	await isFree;
}
