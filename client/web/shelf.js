// Recordings that have not arrived yet, kept in this browser, so that they outlive a crash: {key,
// code, sessionId, recordingId, token, name, startedAt, uploadPath}.

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

export const blobOf = async (recording) =>
	new Blob(await run((_, chunks) => chunks.getAll(chunksOf(recording))));

export const drop = (recording) =>
	run((recordings, chunks) => {
		chunks.delete(chunksOf(recording));
		return recordings.delete(recording.key);
	});

// Until the function that it gives is called, nobody else takes this recording for a left one.
export const hold = ({ key }) =>
	new Promise((got) => {
		const isFree = navigator.locks.request(key, () => {
			const work = Promise.withResolvers();
			got(() => (work.resolve(), isFree));
			return work.promise;
		});
	});

// Those that no page works on, the oldest first.
export async function left() {
	const all = await run((recordings) => recordings.getAll());
	const { held } = await navigator.locks.query();
	return all
		.filter(({ key, recordingId }) => recordingId && held.every(({ name }) => name !== key))
		.sort((a, b) => a.startedAt - b.startedAt);
}
