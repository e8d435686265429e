// How good the connections are, by the browser's own account (getStats).

import { list, say, text } from './dom.js';
import { nameOf } from './room.js';
import { connected } from './voice.js';

// The words that both sides of a voice see, unless somebody sits between them: PBKDF2 of both
// fingerprints, 9 bits a word (debate-security(7)).
async function derive(fingerprints) {
	const bytes = (text) => new TextEncoder().encode(text);
	const name = 'PBKDF2';
	const key = await crypto.subtle.importKey('raw', bytes(fingerprints), name, false, ['deriveBits']);
	const how = { name, hash: 'SHA-256', salt: bytes('debate words'), iterations: 32768 };
	const bits = [...new Uint8Array(await crypto.subtle.deriveBits(how, key, 72))]
		.map((byte) => byte.toString(2).padStart(8, '0'))
		.join('');
	const letters = ['gndmbshl', 'aiou', 'ndls', 'aiou'];
	const word = (parts) => letters.map((set, i) => set[parseInt(parts[i + 1], 2)]).join('');
	return [...bits.matchAll(/(...)(..)(..)(..)/g)].map(word).join(' ');
}

const derived = {};
const wordsOf = (fingerprints) => (derived[fingerprints] ??= derive(fingerprints));

const ms = (seconds) => Math.round(seconds * 1000) || 0;
const percent = (part, whole) => ((100 * part) / whole || 0).toFixed(1);

function describe(report, words) {
	const find = (type) => [...report.values()].find((one) => one.type === type) ?? {};
	const inbound = find('inbound-rtp');
	const { dtlsCipher, srtpCipher, selectedCandidatePairId } = find('transport');
	const pair = report.get(selectedCandidatePairId) ?? {};
	const ends = [pair.localCandidateId, pair.remoteCandidateId].map((id) => report.get(id));
	const isRelayed = ends.some((end) => end?.candidateType === 'relay');
	const { packetsLost: lost, packetsReceived: received } = inbound;
	const values = [
		ms(pair.currentRoundTripTime),
		ms(inbound.jitter),
		percent(lost, lost + received),
		percent(inbound.concealedSamples, inbound.totalSamplesReceived),
		ms(inbound.jitterBufferDelay / inbound.jitterBufferEmittedCount),
		say(isRelayed ? 'relayed' : 'direct'),
	];
	const suites = `${dtlsCipher}, ${srtpCipher}`;
	return [say('quality', ...values), say('compare', words), say('encrypted', suites)].join('\n');
}

const fingerprintOf = ({ sdp }) => /^a=fingerprint:sha-256 (\S+)/im.exec(sdp)[1].toUpperCase();

async function row({ id, pc }) {
	const ends = [pc.localDescription, pc.remoteDescription].map(fingerprintOf);
	return { id, words: describe(await pc.getStats(), await wordsOf(ends.sort().join(' '))) };
}

export async function drawStats() {
	const rows = await Promise.all(connected().map(row));
	list('#stats', 'div dt dd', rows, ([name, account], { id, words }) => {
		text(name, nameOf(id));
		text(account, words);
	});
}
