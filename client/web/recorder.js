// Records one's own voice, after consent and from the start: MediaRecorder's pieces go to the shelf
// as they come.

import * as clock from './clock.js';
import * as shelf from './shelf.js';

const OPUS = { mimeType: 'audio/webm;codecs=opus', audioBitsPerSecond: 48000 };
const PIECE_MS = 1000;

export class Recorder {
	finished = []; // recordings that lie whole on the shelf

	// `about` says on the shelf where a recording belongs; `ask(type, data)` is fulfilled when the
	// server has taken it; `failed(error)` hears that a piece could not be kept.
	constructor(stream, about, ask, failed) {
		Object.assign(this, { stream, about, ask, failed });
	}

	// The recording that runs.
	get running() {
		return this.tape?.recording;
	}

	async start() {
		if (this.tape || !globalThis.MediaRecorder?.isTypeSupported(OPUS.mimeType)) return;
		const startedAt = Math.round(clock.now());
		const recording = { ...this.about, key: crypto.randomUUID(), startedAt };
		const tape = (this.tape = this.roll(recording));
		tape.release = await shelf.hold(recording);
		try {
			await this.ask('start_recording', { started_at_ms: startedAt });
		} catch (error) {
			await this.stopped();
			await shelf.drop(recording);
			throw error;
		}
	}

	roll(recording) {
		const media = new MediaRecorder(this.stream, OPUS);
		const tape = { media, recording, work: Promise.resolve() };
		const began = performance.now();
		const read = () => [performance.now() - began, clock.now()].map((ms) => Math.round(ms * 1000));
		const first = read();
		let count = 0;
		media.ondataavailable = ({ data }) => {
			const number = count++;
			recording.readings = [first, read()];
			tape.work = tape.work
				.then(async () => data.size && shelf.append(recording, number, await data.arrayBuffer()))
				.catch(this.failed);
		};
		tape.isStopped = new Promise((stopped) => (media.onstop = stopped));
		media.start(PIECE_MS);
		return tape;
	}

	// What the server calls the recording that was asked for.
	named(id) {
		const { recording } = this.tape ?? {};
		if (!recording || recording.recordingId) return;
		recording.recordingId = id;
		this.tape.work = this.tape.work.then(() => shelf.put(recording));
	}

	// When all of it lies on the shelf; `id` undefined: of whatever runs.
	async stopped(id) {
		const { tape } = this;
		if (!tape || (id && tape.recording.recordingId !== id)) return;
		this.tape = null;
		if (tape.media.state !== 'inactive') tape.media.stop();
		await tape.isStopped;
		await tape.work;
		if (tape.recording.recordingId) this.finished.push(tape.recording);
		tape.release();
	}
}
