// Recordings that have not arrived at the server yet, kept in this browser (IndexedDB), so that
// they outlive a reload or a crash. One: {key, roomCode, sessionId, recordingId, token, type,
// startedAt, endedAt, uploadPath}.

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open() {
  const request = indexedDB.open('debate', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('recordings', { keyPath: 'key' });
    request.result.createObjectStore('chunks');
  };
  return done(request);
}

const lockName = (key) => `recording ${key}`;
const chunksOf = (key) => IDBKeyRange.bound([key, 0], [key, Infinity]);

export class Shelf {
  database = open();

  async run(mode, work) {
    const transaction = (await this.database).transaction(['recordings', 'chunks'], mode);
    return work(transaction.objectStore('recordings'), transaction.objectStore('chunks'));
  }

  put(recording) {
    return this.run('readwrite', (recordings) => done(recordings.put(recording)));
  }

  async append(recording, number, bytes) {
    recording.endedAt = Date.now();
    await this.run('readwrite', (recordings, chunks) => {
      recordings.put(recording);
      return done(chunks.put(bytes, [recording.key, number]));
    });
  }

  async blob({ key, type }) {
    const parts = await this.run('readonly', (_, chunks) => done(chunks.getAll(chunksOf(key))));
    return new Blob(parts, { type });
  }

  drop({ key }) {
    return this.run('readwrite', (recordings, chunks) => {
      chunks.delete(chunksOf(key));
      return done(recordings.delete(key));
    });
  }

  // Until the function that it gives is called, nobody else takes this recording for a left one.
  async hold({ key }) {
    let release;
    const isOver = new Promise((resolve) => (release = resolve));
    await new Promise((got) => {
      navigator.locks.request(lockName(key), () => {
        got();
        return isOver;
      });
    });
    return release;
  }

  // Those that no page works on, the oldest first.
  async left() {
    const all = await this.run('readonly', (recordings) => done(recordings.getAll()));
    const { held } = await navigator.locks.query();
    const isHeld = new Set(held.map(({ name }) => name));
    return all
      .filter(({ key }) => !isHeld.has(lockName(key)))
      .sort((a, b) => a.startedAt - b.startedAt);
  }
}
