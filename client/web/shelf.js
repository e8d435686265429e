// Recordings that have not arrived yet: a seat's values and {key, id, startedAt, readings, path}. Kept
// in this browser, so that they outlive a crash, and sent by tus 1.0.0 (debate-protocol(7), "Uploads").

import { list, say, show, text } from './dom.js';
import { backoff, call, pause, sessionOf } from './protocol.js';

const PIECE = 512 * 1024;
const TRIES = 30; // in a row without a byte taken

const done = (request) =>
	new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});

const opening = indexedDB.open('debate', 1);
opening.onupgradeneeded = () => {
	opening.result.createObjectStore('recordings', { keyPath: 'key' });
	opening.result.createObjectStore('chunks');
};
const database = done(opening);

async function run(work) {
	const transaction = (await database).transaction(['recordings', 'chunks'], 'readwrite');
	return done(work(transaction.objectStore('recordings'), transaction.objectStore('chunks')));
}

const chunksOf = ({ key }) => IDBKeyRange.bound([key, 0], [key, Infinity]);

export const put = (recording) => run((recordings) => recordings.put(recording));

export const append = (recording, number, bytes) =>
	run((recordings, chunks) => {
		recordings.put(recording);
		return chunks.put(bytes, [recording.key, number]);
	});

const blobOf = async (recording) =>
	new Blob(await run((_, chunks) => chunks.getAll(chunksOf(recording))));

export const drop = (recording) =>
	run((recordings, chunks) => {
		chunks.delete(chunksOf(recording));
		return recordings.delete(recording.key);
	});

// While work() lasts, nobody else takes this recording for a left one.
export const hold = ({ key }, work) => navigator.locks.request(key, work);

// Those that no page works on, the oldest first.
export async function left() {
	const all = await run((recordings) => recordings.getAll());
	const { held } = await navigator.locks.query();
	return all
		.filter(({ id, key }) => id && held.every(({ name }) => name !== key))
		.sort((a, b) => a.startedAt - b.startedAt);
}

const tus = ({ token }, method, path, headers, body) =>
	call(method, path, token, { ...headers, 'Tus-Resumable': '1.0.0' }, body);

const offset = ({ headers }) => Number(headers.get('Upload-Offset'));

// What the session's clock said while it was recorded.
const timeline = ({ id, startedAt, readings = [] }) =>
	`debate-timeline 1\nrecording_id ${id}\nstarted_at_ms ${startedAt}\nrate 48000\n` +
	readings.map(([clock, at]) => `session ${clock} ${at}\n`).join('');

// How much is there already.
async function begin(recording, size) {
	const { id, path } = recording;
	try {
		if (path) return offset(await tus(recording, 'HEAD', path));
	} catch (error) {
		if (!error.status) throw error; // otherwise it has expired
	}
	const facts = { recording_id: id, filename: `${id}.webm`, timeline: timeline(recording) };
	const pairs = Object.entries(facts).map(([name, value]) => `${name} ${btoa(value)}`);
	const lines = { 'Upload-Length': size, 'Upload-Metadata': pairs.join() };
	const { headers } = await tus(recording, 'POST', '/api/uploads', lines);
	recording.path = new URL(headers.get('Location'), location).pathname;
	await put(recording);
	return 0;
}

async function sendRest(one, blob, draw) {
	one.sent = await begin(one, blob.size);
	while (one.sent < blob.size) {
		const type = 'application/offset+octet-stream';
		const headers = { 'Content-Type': type, 'Upload-Offset': one.sent };
		const piece = blob.slice(one.sent, one.sent + PIECE);
		one.sent = offset(await tus(one, 'PATCH', one.path, headers, piece));
		one.tries = 0;
		draw();
	}
}

async function arrived(recording) {
	const { recordings } = await sessionOf(recording);
	return recordings.find((one) => one.recording_id === recording.id)?.bytes > 0;
}

async function sendOne(one, draw) {
	const blob = await blobOf(one);
	one.size = blob.size;
	for (one.tries = 0; ; await pause(backoff(one.tries++))) {
		try {
			if (!(await arrived(one))) await sendRest(one, blob, draw);
			one.isThere = true;
			return await drop(one);
		} catch (error) {
			if (one.tries >= TRIES) throw error;
		}
	}
}

function tell({ sent, size, isThere, error }) {
	if (isThere) return say('arrived');
	if (error) return say('unsent', error.message);
	return say('sending', Math.round((100 * sent) / size) || 0);
}

// Shows in `parent` how far it is.
export async function send(recordings, parent) {
	const draw = () =>
		list(parent, 'div p progress', recordings, ([words, bar], one) => {
			text(words, tell(one));
			bar.value = one.sent / one.size || 0;
			bar.ariaLabel = words.textContent;
			show(bar, !one.isThere && !one.error);
		});
	for (const one of recordings) {
		draw();
		await hold(one, () => sendOne(one, draw)).catch((error) => (one.error = error));
		draw();
	}
}
