// Sends a recording: tus 1.0.0 with creation and checksums (debate-protocol(7), "Uploads"). Goes on
// where it was, whatever broke.

import { Refusal, backoff, pause, request } from './protocol.js';

const PIECE = 512 * 1024;
const TRIES = 8; // in a row without a byte taken
const CHECKSUM_MISMATCH = 460; // tus 1.0.0, "Checksum"

const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const text64 = (text) => base64(new TextEncoder().encode(text));
const sha256 = (bytes) => crypto.subtle.digest('SHA-256', bytes);
const hex = (bytes) =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

async function tus(method, path, token, headers, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      body,
      headers: { ...headers, 'Tus-Resumable': '1.0.0', Authorization: `Bearer ${token}` },
    });
  } catch {
    throw new Refusal(0, 'unreachable', '');
  }
  if (answer.ok) return answer;
  const json = await answer.json().catch(() => ({}));
  throw new Refusal(answer.status, json.error?.code ?? 'internal', json.error?.message);
}

const passes = ({ status }) =>
  status === 0 || status === 429 || status >= 500 || status === 409 || status === CHECKSUM_MISMATCH;

class Upload {
  constructor(shelf, recording, blob, on) {
    Object.assign(this, { shelf, recording, blob, on, offset: 0 });
  }

  send(method, path, headers, body) {
    return tus(method, path, this.recording.token, headers, body);
  }

  async create() {
    const { recording, blob } = this;
    const suffix = recording.type.includes('ogg') ? 'opus' : 'webm';
    const name = text64(`${recording.recordingId}.${suffix}`);
    const answer = await this.send('POST', '/api/uploads', {
      'Upload-Length': String(blob.size),
      'Upload-Metadata': `recording_id ${text64(recording.recordingId)},filename ${name}`,
    });
    recording.uploadPath = new URL(answer.headers.get('Location'), location.href).pathname;
    await this.shelf.put(recording);
    this.offset = 0;
  }

  // How much is there already.
  async find() {
    try {
      const answer = await this.send('HEAD', this.recording.uploadPath, {});
      this.offset = Number(answer.headers.get('Upload-Offset'));
    } catch (error) {
      if (![403, 404, 410].includes(error.status)) throw error;
      await this.create(); // it has expired, or is finished: then this says so
    }
  }

  async piece() {
    const bytes = await this.blob.slice(this.offset, this.offset + PIECE).arrayBuffer();
    const headers = {
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': String(this.offset),
      'Upload-Checksum': `sha256 ${base64(await sha256(bytes))}`,
    };
    const answer = await this.send('PATCH', this.recording.uploadPath, headers, bytes);
    this.offset = Number(answer.headers.get('Upload-Offset'));
    this.on(this.offset, this.blob.size);
  }

  async all() {
    if (this.recording.uploadPath) await this.find();
    else await this.create();
    while (this.offset < this.blob.size) {
      await this.piece();
      this.tries = 0;
    }
  }

  // What the server holds of this recording: its digest, null while there is none.
  async arrived() {
    const { sessionId, recordingId, token } = this.recording;
    const session = await request('GET', `/api/sessions/${sessionId}`, token);
    const found = session.recordings.find((one) => one.recording_id === recordingId);
    return found?.sha256 ?? null;
  }
}

// Fulfilled with {bytes, sha256} when the server has the same bytes; then the shelf has them no
// more. Throws a Refusal when it does not want them, or never answers.
export async function upload(shelf, recording, on) {
  const blob = await shelf.blob(recording);
  const sum = hex(await sha256(await blob.arrayBuffer()));
  const one = new Upload(shelf, recording, blob, on);
  for (one.tries = 0; ;) {
    try {
      if ((await one.arrived()) === null) await one.all();
      if ((await one.arrived()) !== sum) throw new Refusal(500, 'internal', '');
      await shelf.drop(recording);
      return { bytes: blob.size, sha256: sum };
    } catch (error) {
      if (!passes(error) || one.tries >= TRIES) throw error;
      await pause(backoff(one.tries++));
    }
  }
}
