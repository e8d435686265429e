// Sends recordings by tus 1.0.0 (debate-protocol(7), "Uploads"), goes on where it was, whatever broke,
// and shows how far it is.

import { list, make, show, text } from './dom.js';
import { backoff, call, pause, refusal, sessionOf } from './protocol.js';
import * as shelf from './shelf.js';
import { say } from './words.js';

const PIECE = 512 * 1024;
const TRIES = 8; // in a row without a byte taken

const tus = ({ token }, method, path, headers, body) =>
	call(method, path, token, { ...headers, 'Tus-Resumable': '1.0.0' }, body);

const offset = ({ headers }) => Number(headers.get('Upload-Offset'));

// What the session's clock said while it was recorded, as far as this page noted it (the timeline in
// debate-protocol(7), "Uploads").
function timeline({ recordingId, startedAt, readings = [] }) {
	const lines = readings.map(([clock, at]) => `session ${clock} ${at}\n`).join('');
	const head = `debate-timeline 1\nrecording_id ${recordingId}\n`;
	return `${head}started_at_ms ${startedAt}\nrate 48000\n${lines}`;
}

// How much is there already.
async function begin(recording, size) {
	const { recordingId: id, uploadPath } = recording;
	try {
		if (uploadPath) return offset(await tus(recording, 'HEAD', uploadPath));
	} catch (error) {
		if (![403, 404, 410].includes(error.status)) throw error; // otherwise it has expired
	}
	const { headers } = await tus(recording, 'POST', '/api/uploads', {
		'Upload-Length': size,
		'Upload-Metadata': Object.entries({
			recording_id: id,
			filename: `${id}.webm`,
			timeline: timeline(recording),
		})
			.map(([key, value]) => `${key} ${btoa(value)}`)
			.join(),
	});
	recording.uploadPath = new URL(headers.get('Location'), location).pathname;
	await shelf.put(recording);
	return 0;
}

async function sendRest(one, blob, draw) {
	const { recording } = one;
	one.sent = await begin(recording, blob.size);
	while (one.sent < blob.size) {
		const headers = {
			'Content-Type': 'application/offset+octet-stream',
			'Upload-Offset': one.sent,
		};
		const piece = blob.slice(one.sent, one.sent + PIECE);
		one.sent = offset(await tus(recording, 'PATCH', recording.uploadPath, headers, piece));
		one.tries = 0;
		draw();
	}
}

async function sha256(blob) {
	const sum = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
	return [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

// The digest of what the server holds of it.
async function arrived(recording) {
	const { recordings } = await sessionOf(recording);
	return recordings.find((one) => one.recording_id === recording.recordingId)?.sha256;
}

// When the server has the same bytes, the shelf has them no more.
async function send(one, draw) {
	const blob = await shelf.blobOf(one.recording);
	const sum = await sha256(blob);
	one.size = blob.size;
	for (one.tries = 0; ; one.tries++) {
		try {
			if (!(await arrived(one.recording))) await sendRest(one, blob, draw);
			if ((await arrived(one.recording)) !== sum) throw refusal(500);
			await shelf.drop(one.recording);
			one.sum = sum;
			return;
		} catch (error) {
			const passes = [0, 409, 429].includes(error.status) || error.status >= 500;
			if (!passes || one.tries >= TRIES) throw error;
			await pause(backoff(one.tries));
		}
	}
}

function tell({ sent, size, sum, error }) {
	if (sum)
		return say(
			'Your recording has arrived and is the same there: {0} kB, SHA-256 {1}…',
			Math.ceil(size / 1000),
			sum.slice(0, 16),
		);
	if (error)
		return say('Your recording could not be sent; it is kept in this browser. {0}', error.message);
	return say('Sending your recording: {0} %', Math.round((100 * sent) / size) || 0);
}

// One after the other; shown in `parent`.
export async function upload(recordings, parent) {
	const uploads = recordings.map((recording) => ({ recording }));
	const draw = () =>
		list(
			parent,
			uploads,
			({ recording }) => recording.key,
			() => make('div', {}, make('p'), make('progress')),
			({ children: [words, bar] }, one) => {
				text(words, tell(one));
				bar.value = one.sent / one.size || 0;
				bar.ariaLabel = words.textContent;
				show(bar, !one.sum && !one.error);
			},
		);
	for (const one of uploads) {
		draw();
		const release = await shelf.hold(one.recording);
		await send(one, draw).catch((error) => (one.error = error));
		release();
		draw();
	}
}
