// Sends recordings by tus 1.0.0 (debate-protocol(7), "Uploads"), goes on where it was, whatever broke,
// and shows how far it is.

import { list, make, show, text } from './dom.js';
import { backoff, call, pause, sessionOf } from './protocol.js';
import * as shelf from './shelf.js';
import { say } from './words.js';

const PIECE = 512 * 1024;
const TRIES = 30; // in a row without a byte taken

const tus = ({ token }, method, path, headers, body) =>
	call(method, path, token, { ...headers, 'Tus-Resumable': '1.0.0' }, body);

const offset = ({ headers }) => Number(headers.get('Upload-Offset'));

// What the session's clock said while it was recorded.
const timeline = ({ recordingId, startedAt, readings = [] }) =>
	[
		`debate-timeline 1\nrecording_id ${recordingId}\nstarted_at_ms ${startedAt}\nrate 48000\n`,
		...readings.map(([clock, at]) => `session ${clock} ${at}\n`),
	].join('');

// How much is there already.
async function begin(recording, size) {
	const { recordingId: id, uploadPath } = recording;
	try {
		if (uploadPath) return offset(await tus(recording, 'HEAD', uploadPath));
	} catch (error) {
		if (!error.status) throw error; // otherwise it has expired
	}
	const { headers } = await tus(recording, 'POST', '/api/uploads', {
		'Upload-Length': size,
		'Upload-Metadata': `recording_id ${btoa(id)},filename ${btoa(`${id}.webm`)},timeline ${btoa(timeline(recording))}`,
	});
	recording.uploadPath = new URL(headers.get('Location'), location).pathname;
	await shelf.put(recording);
	return 0;
}

async function sendRest(one, blob, draw) {
	const { recording } = one;
	one.sent = await begin(recording, blob.size);
	while (one.sent < blob.size) {
		const type = 'application/offset+octet-stream';
		const headers = { 'Content-Type': type, 'Upload-Offset': one.sent };
		const piece = blob.slice(one.sent, one.sent + PIECE);
		one.sent = offset(await tus(recording, 'PATCH', recording.uploadPath, headers, piece));
		one.tries = 0;
		draw();
	}
}

async function arrived(recording) {
	const { recordings } = await sessionOf(recording);
	return recordings.find((one) => one.recording_id === recording.recordingId)?.bytes > 0;
}

// When the server has it, the shelf has it no more.
async function send(one, draw) {
	const { recording } = one;
	const blob = await shelf.blobOf(recording);
	one.size = blob.size;
	for (one.tries = 0; ; await pause(backoff(one.tries++))) {
		try {
			if (!(await arrived(recording))) await sendRest(one, blob, draw);
			one.isThere = await arrived(recording);
			if (one.isThere) return await shelf.drop(recording);
		} catch (error) {
			if (one.tries >= TRIES) throw error;
		}
	}
}

function tell({ sent, size, isThere, error }) {
	if (isThere) return say('Your recording has arrived.');
	if (error) return say('Your recording could not be sent; it is kept in this browser. {0}', error.message);
	return say('Sending your recording: {0} %', Math.round((100 * sent) / size) || 0);
}

// One after the other; shown in `parent`.
export async function upload(recordings, parent) {
	const uploads = recordings.map((recording) => ({ recording }));
	const create = () => make('div', {}, make('p'), make('progress'));
	const draw = () =>
		list(parent, uploads, (one) => one.recording.key, create, ({ children: [words, bar] }, one) => {
			text(words, tell(one));
			bar.value = one.sent / one.size || 0;
			bar.ariaLabel = words.textContent;
			show(bar, !one.isThere && !one.error);
		});
	for (const one of uploads) {
		draw();
		const letGo = await shelf.hold(one.recording);
		await send(one, draw).catch((error) => (one.error = error));
		letGo();
		draw();
	}
}
