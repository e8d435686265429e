// How good the connections are, by the browser's own account (getStats).

import { $, list, makeRow, text } from './dom.js';
import { say } from './words.js';

const ms = (seconds) => (seconds === undefined ? '–' : Math.round(seconds * 1000));
const percent = (part, whole) => (whole ? ((100 * part) / whole).toFixed(1) : '0.0');

// The words that both sides of a voice see, unless somebody sits between them: PBKDF2 of both
// fingerprints, 9 bits a word (debate-security(7)).
async function derive(fingerprints) {
	const bytes = new TextEncoder().encode(fingerprints);
	const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']);
	const salt = new TextEncoder().encode('debate words');
	const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 32768 };
	const bits = [...new Uint8Array(await crypto.subtle.deriveBits(how, key, 72))]
		.map((byte) => byte.toString(2).padStart(8, '0'))
		.join('');
	const letters = ['gndmbshl', 'aiou', 'ndls', 'aiou'];
	const word = (parts) => letters.map((set, i) => set[parseInt(parts[i + 1], 2)]).join('');
	return [...bits.matchAll(/(...)(..)(..)(..)/g)].map(word).join(' ');
}

const derived = new Map();
function wordsOf(fingerprints) {
	if (!derived.has(fingerprints)) derived.set(fingerprints, derive(fingerprints));
	return derived.get(fingerprints);
}

function describe(report, fingerprint, words) {
	const find = (type) => [...report.values()].find((one) => one.type === type) ?? {};
	const inbound = find('inbound-rtp');
	const transport = find('transport');
	const pair = report.get(transport.selectedCandidatePairId) ?? {};
	const ends = [report.get(pair.localCandidateId), report.get(pair.remoteCandidateId)];
	const isRelayed = ends.some((end) => end?.candidateType === 'relay');
	const { packetsLost: lost = 0, packetsReceived: received = 0 } = inbound;
	const quality = say(
		'round trip {0} ms, jitter {1} ms, lost {2} %, made up {3} %, buffer {4} ms, {5}',
		ms(pair.currentRoundTripTime),
		ms(inbound.jitter),
		percent(lost, lost + received),
		percent(inbound.concealedSamples ?? 0, inbound.totalSamplesReceived),
		ms(inbound.jitterBufferDelay / inbound.jitterBufferEmittedCount || 0),
		isRelayed ? say('relayed') : say('direct'),
	);
	const { dtlsCipher, srtpCipher } = transport;
	if (!srtpCipher) return quality;
	const suites = `${dtlsCipher}, ${srtpCipher}`;
	return [
		quality,
		say('words to compare: {0}', words),
		say('encrypted with {0}; their fingerprint {1}', suites, fingerprint),
	].join('\n');
}

const fingerprintOf = (description) =>
	/^a=fingerprint:sha-256 (\S+)/im.exec(description?.sdp)?.[1].toUpperCase();

async function row({ id, pc }) {
	const ours = fingerprintOf(pc.localDescription);
	const theirs = fingerprintOf(pc.remoteDescription);
	const words = ours && theirs ? await wordsOf([ours, theirs].sort().join(' ')) : '–';
	return { id, words: describe(await pc.getStats(), theirs ?? '–', words) };
}

export async function drawStats({ mesh, room }) {
	const rows = await Promise.all([...mesh.links.values()].filter(({ pc }) => pc).map(row));
	list(
		$('#stats'),
		rows,
		({ id }) => id,
		makeRow,
		(item, { id, words }) => {
			text(item.children[0], room.name(id));
			text(item.children[1], words);
		},
	);
}
