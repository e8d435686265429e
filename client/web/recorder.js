// Records one's own voice, after consent and from the start: MediaRecorder's pieces go to the shelf
// as they come.

const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus'];
const PIECE_MS = 1000;
const BITS_PER_S = 48000;

// One recording in the making.
class Tape {
  constructor(shelf, recording, stream, onError) {
    this.recording = recording;
    this.work = Promise.resolve();
    this.recorder = new MediaRecorder(stream, {
      mimeType: recording.type,
      audioBitsPerSecond: BITS_PER_S,
    });
    let count = 0;
    this.recorder.ondataavailable = ({ data }) => {
      const number = count++;
      const append = async () => {
        if (data.size) await shelf.append(recording, number, await data.arrayBuffer());
      };
      this.work = this.work.then(append).catch(onError);
    };
    this.isStopped = new Promise((stopped) => (this.recorder.onstop = stopped));
    this.recorder.start(PIECE_MS);
  }

  // When all of it lies on the shelf.
  async stop() {
    if (this.recorder.state !== 'inactive') this.recorder.stop();
    await this.isStopped;
    await this.work;
  }
}

export class Recorder {
  static type = TYPES.find((type) => globalThis.MediaRecorder?.isTypeSupported(type));

  // `ask(type, data)` sends a command and is fulfilled when it was taken; `about` is what a
  // recording on the shelf says of where it belongs; `failed` hears that a piece could not be kept.
  constructor({ shelf, stream, clock, ask, about, failed }) {
    Object.assign(this, { shelf, stream, clock, ask, about, failed, tape: null });
    this.finished = []; // recordings that lie whole on the shelf
  }

  get isRunning() {
    return Boolean(this.tape);
  }

  async start() {
    if (this.tape || !Recorder.type) return;
    const startedAt = this.clock.now();
    const recording = {
      ...this.about,
      key: crypto.randomUUID(),
      recordingId: null,
      type: Recorder.type,
      startedAt: Math.round(startedAt),
    };
    const tape = new Tape(this.shelf, recording, this.stream, this.failed);
    this.tape = tape;
    tape.release = await this.shelf.hold(recording);
    try {
      await this.ask('start_recording', { started_at_ms: recording.startedAt });
    } catch (error) {
      await this.discard(tape);
      throw error;
    }
  }

  async discard(tape) {
    if (this.tape === tape) this.tape = null;
    await tape.stop();
    await this.shelf.drop(tape.recording);
    tape.release();
  }

  // What the server calls the recording that was asked for.
  named(id) {
    if (!this.tape || this.tape.recording.recordingId) return;
    this.tape.recording.recordingId = id;
    const { recording } = this.tape;
    this.tape.work = this.tape.work.then(() => this.shelf.put(recording));
  }

  // `id` undefined: whatever runs.
  async stopped(id) {
    const { tape } = this;
    if (!tape || (id && tape.recording.recordingId !== id)) return;
    this.tape = null;
    await tape.stop();
    if (tape.recording.recordingId) this.finished.push(tape.recording);
    tape.release();
  }
}
