// The voices: one connection to each other participant (debate-protocol(7), "Signaling socket").

import { make } from './dom.js';

const SILENCE_MS = 1200; // nothing was heard for so long: another way is looked for ...
const AGAIN_MS = 1500; // ... and again, ever more seldom, until a way has held
const GIVE_UP_MS = 8000; // no new way was found in this time: from the beginning

// Who hears of it: send(message), changed() and blocked().
export const on = {};
export const links = new Map();
export let relayProblem; // the code that a TURN server refused with, 701 when it did not answer
let self, iceServers, hasRelay;
let said; // the track that goes to the others

const now = () => performance.now();
const all = () => [...links.values()];
export const connected = () => all().filter(({ state }) => state === 'connected');

export function begin(itsSelf, servers, track) {
	self = itsSelf;
	iceServers = servers;
	said = track;
}

export function take({ type, from, data }) {
	if (type === 'peers') offerTo(data.peers.map((peer) => peer.participant_id));
	// Who joins will offer. What was offered before went to somebody who is gone.
	const isPresent = type === 'peer_joined';
	if (isPresent || type === 'peer_left')
		Object.assign(linkTo(data.participant_id), { isPresent, offerIsOut: false });
	if (type === 'bye') drop(from);
	const step = { offer: takeOffer, answer: takeAnswer, candidate: takeCandidate }[type];
	if (!step) return;
	const link = linkTo(from);
	link.isPresent = true;
	queue(link, () => step(link, data, type));
}

// Of one link one thing is done after the other.
const queue = (link, step) => (link.work = link.work.then(step).catch(console.warn));

function offerTo(ids) {
	for (const link of all()) link.isPresent = false;
	for (const link of ids.map(linkTo)) {
		// An offer from before may be lost. Where the voice is missing, too, the network is another.
		Object.assign(link, { isPresent: true, offerIsOut: false });
		if (link.state === 'connected' && !isSilent(link)) renew(link);
		else open(link, true);
	}
}

export function drop(id) {
	shut(linkTo(id));
	links.delete(id);
}

export const close = () => all().forEach(({ id }) => drop(id));

function linkTo(id) {
	if (!links.has(id)) links.set(id, { id, state: 'new', work: Promise.resolve(), wait: AGAIN_MS });
	return links.get(id);
}

function shut(link) {
	link.pc?.close();
	link.audio?.remove();
	link.frame?.remove();
	link.pc = link.audio = link.frame = link.origin = link.heardAt = undefined;
	Object.assign(link, { state: 'new', offerIsOut: false, early: [], setup: 'actpass' });
}

// Chromium tells a page of new addresses 2 s late, and a new frame at once. (Firefox is quick, but
// empties the frame again.)
function freshWindow(link) {
	document.body.append((link.frame = make('iframe', { hidden: true })));
	return link.frame.contentWindow;
}

function open(link, offers) {
	const isAgain = link.pc;
	shut(link);
	const { RTCPeerConnection } = isAgain && navigator.userAgentData ? freshWindow(link) : window;
	const pc = (link.pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' }));
	const ifCurrent = (step) => (event) => pc === link.pc && step(event);
	pc.onicecandidate = ifCurrent(({ candidate }) => sendCandidate(link, candidate));
	pc.onicecandidateerror = ({ url, errorCode }) => {
		if (/^turn/.test(url) && !hasRelay) relayProblem = Math.min(errorCode, relayProblem ?? errorCode);
	};
	pc.onconnectionstatechange = ifCurrent(() => {
		link.state = pc.connectionState;
		if (link.state === 'failed') mend(link);
		on.changed();
	});
	pc.onnegotiationneeded = ifCurrent(() => queue(link, () => describe(link)));
	pc.ontrack = ({ track }) => play(link, track);
	if (offers) pc.addTrack(said);
	return pc;
}

async function describe(link) {
	const { id, pc } = link;
	await pc?.setLocalDescription();
	if (!pc || pc !== link.pc) return;
	const { type, sdp } = pc.localDescription;
	const isSent = on.send({ type, to: id, data: { sdp } });
	if (type === 'offer') link.offerIsOut = isSent && link.isPresent;
}

function sendCandidate({ id }, one) {
	const { candidate = '', sdpMid = '0', sdpMLineIndex = 0 } = one ?? {};
	on.send({ type: 'candidate', to: id, data: { candidate, sdpMid, sdpMLineIndex } });
	hasRelay ||= / typ relay/.test(candidate);
	if (hasRelay) relayProblem = null;
}

// The connection that an SDP came from, by session id (RFC 8829, section 5.2.2) and certificate.
const originOf = (sdp) => `${/^o=\S+ \S+/m.exec(sdp)} ${/^a=fingerprint:.*/m.exec(sdp)}`;
const isOther = ({ origin }, sdp) => origin && origin !== originOf(sdp);

async function takeOffer(link, { sdp }, type) {
	// The other side has begun anew, or this one has to.
	const isAnother = !link.pc || isOther(link, sdp) || link.state === 'failed';
	const yields = +self.slice(1) > +link.id.slice(1) || !link.offerIsOut;
	link.ignores = !isAnother && !yields && link.pc.signalingState !== 'stable';
	if (link.ignores) return;
	const pc = isAnother ? open(link) : link.pc;
	await takeRemote(link, pc, type, sdp);
	if (pc.getSenders().every(({ track }) => !track)) pc.addTrack(said);
	await describe(link);
}

async function takeAnswer(link, { sdp }, type) {
	if (link.pc?.signalingState !== 'have-local-offer') return;
	link.ignores = false; // candidates from here on belong to this answer
	if (isOther(link, sdp)) open(link, true); // it has lost the one that was to go on
	else await takeRemote(link, link.pc, type, sdp);
}

async function takeRemote(link, pc, type, sdp) {
	sdp = sdp.replace('actpass', link.setup); // Firefox would choose its DTLS role anew
	await pc.setRemoteDescription({ type, sdp });
	link.setup = /setup:(\w+)/.exec(sdp)[1];
	Object.assign(link, { origin: originOf(sdp), offerIsOut: false, lookedAt: now() });
	for (const candidate of link.early.splice(0)) await pc.addIceCandidate(candidate);
}

async function takeCandidate({ ignores, pc, early }, candidate) {
	if (ignores || !pc) return;
	if (pc.remoteDescription) await pc.addIceCandidate(candidate);
	else early.push(candidate);
}

const isSilent = ({ heardAt }) => now() - heardAt > SILENCE_MS;

// Where a voice is missing, another way is looked for. True when all are missing.
export function watch() {
	let isMissing, isHeard;
	for (const link of all()) {
		const heard = link.pc?.getReceivers()[0]?.getSynchronizationSources()[0]?.timestamp;
		if (heard && heard !== link.heard) {
			Object.assign(link, { heard, heardAt: now() });
			if (now() - link.lookedAt > 2 * link.wait) link.wait = AGAIN_MS;
		}
		isHeard ||= link.heardAt && !isSilent(link);
		if (!isSilent(link) || !link.isPresent) continue;
		isMissing = true;
		if (now() - link.lookedAt < link.wait) continue;
		link.wait = Math.min(2 * link.wait, 2 * GIVE_UP_MS);
		mend(link);
	}
	return isMissing && !isHeard;
}

// Who is not there will offer.
function mend(link) {
	if (!link.isPresent) return;
	if (link.state !== 'failed' && now() - link.heardAt < GIVE_UP_MS) renew(link);
	else open(link, true);
}

// An offer that was lost is taken back first. One that is out has to be answered: a late answer
// would be taken for that to the next offer.
async function renew(link) {
	const { pc, offerIsOut } = link;
	link.lookedAt = now();
	if (offerIsOut) return;
	if (pc.signalingState === 'have-local-offer') await pc.setLocalDescription({ type: 'rollback' });
	pc.restartIce();
}

export function mendAll() {
	for (const link of all()) if (link.pc) mend(link);
}

export function speak(track) {
	said = track;
	const senders = all().flatMap(({ pc }) => pc?.getSenders() ?? []);
	for (const sender of senders) if (sender.track) sender.replaceTrack(track);
}

function play(link, track) {
	link.audio?.remove();
	link.audio = make('audio', { srcObject: new MediaStream([track]) });
	link.audio.dataset.participant = link.id;
	document.body.append(link.audio);
	link.audio.play().catch(({ name }) => name === 'NotAllowedError' && on.blocked());
}

export const playAll = () => all().forEach(({ audio }) => audio?.play().catch(() => {}));
