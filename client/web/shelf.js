// Recordings that have not arrived yet, kept in this browser, so that they outlive a crash: {key,
// roomCode, sessionId, recordingId, token, name, startedAt, uploadPath}.

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

async function run(mode, work) {
	const transaction = (await database).transaction(['recordings', 'chunks'], mode);
	return done(work(transaction.objectStore('recordings'), transaction.objectStore('chunks')));
}

const chunksOf = (key) => IDBKeyRange.bound([key, 0], [key, Infinity]);

export const put = (recording) => run('readwrite', (recordings) => recordings.put(recording));

export const append = (recording, number, bytes) =>
	run('readwrite', (recordings, chunks) => {
		recordings.put(recording);
		return chunks.put(bytes, [recording.key, number]);
	});

export const blobOf = async ({ key }) =>
	new Blob(await run('readonly', (_, chunks) => chunks.getAll(chunksOf(key))));

export const drop = ({ key }) =>
	run('readwrite', (recordings, chunks) => {
		chunks.delete(chunksOf(key));
		return recordings.delete(key);
	});

// Until the function that it gives is called, nobody else takes this recording for a left one.
export const hold = ({ key }) =>
	new Promise((got) => {
		navigator.locks.request(key, () => new Promise((release) => got(release)));
	});

// Those that no page works on, the oldest first.
export async function left() {
	const all = await run('readonly', (recordings) => recordings.getAll());
	const { held } = await navigator.locks.query();
	return all
		.filter(({ key }) => held.every(({ name }) => name !== key))
		.sort((a, b) => a.startedAt - b.startedAt);
}
