// The voices: one RTCPeerConnection to each other participant (debate-protocol(7), "Signaling
// socket"). The newcomer offers; when two offer at once, the one with the higher number gives way.

const SILENCE_MS = 1200; // nothing was heard for so long: another way is looked for ...
const AGAIN_MS = 1500; // ... and again, more seldom while the connection seems to hold
const ANSWER_MS = 1000; // an offer waits for its answer at least so long
const GIVE_UP_MS = 8000; // no new way was found in this time: from the beginning

const number = (id) => Number(id.slice(1));

// The connection that an SDP came from: its session id, which stays while the connection lives
// (RFC 8829, section 5.2.2), and its certificate.
const origin = (sdp) => `${/^o=\S+ \S+/m.exec(sdp)} ${/^a=fingerprint:.*/m.exec(sdp)}`;

export class Mesh {
	links = new Map();
	relayProblem; // the code that a TURN server refused with, 701 when it did not answer

	// `track` is what is said; `on` has send(message), changed() and blocked(). `self` and
	// `iceServers` are set before anything else.
	constructor(track, on) {
		Object.assign(this, { track, on });
	}

	// ---- signaling ----

	take({ type, from, data }) {
		if (type === 'peers') this.peers(data.peers.map((peer) => peer.participant_id));
		// Who joins will offer. What was offered before went to somebody who is gone.
		const isPresent = type === 'peer_joined';
		if (isPresent || type === 'peer_left')
			Object.assign(this.link(data.participant_id), { isPresent, offerIsOut: false });
		if (type === 'bye') this.drop(from);
		if (!['offer', 'answer', 'candidate'].includes(type)) return;
		// One after the other.
		const link = this.link(from);
		link.isPresent = true;
		link.work = link.work
			.then(() => this[type](link, data))
			.catch(({ message }) => console.warn(`${type} of ${from}: ${message}`));
	}

	// This side has come, or come back: it offers to each.
	peers(ids) {
		for (const link of this.links.values()) link.isPresent = false;
		for (const link of ids.map((id) => this.link(id))) {
			link.isPresent = true;
			if (link.state === 'connected') this.renew(link);
			else this.open(link, true);
		}
	}

	drop(id) {
		this.shut(this.link(id));
		this.links.delete(id);
		this.on.changed();
	}

	close() {
		for (const id of this.links.keys()) this.drop(id);
	}

	// ---- connections ----

	link(id) {
		if (!this.links.has(id)) this.links.set(id, { id, state: 'new', work: Promise.resolve() });
		return this.links.get(id);
	}

	shut(link) {
		link.pc?.close();
		link.audio?.remove();
		link.pc = link.audio = link.origin = link.heardAt = undefined;
		Object.assign(link, { state: 'new', offerIsOut: false, candidates: [], wait: AGAIN_MS });
	}

	open(link, offers) {
		this.shut(link);
		const pc = new RTCPeerConnection({ iceServers: this.iceServers, bundlePolicy: 'max-bundle' });
		const ifCurrent = (step) => (event) => pc === link.pc && step(event);
		link.pc = pc;
		pc.onicecandidate = ifCurrent(({ candidate }) => this.sendCandidate(link, candidate));
		pc.onicecandidateerror = ({ url, errorCode }) => {
			if (/^turn/.test(url)) link.problem = Math.min(errorCode, link.problem ?? errorCode);
		};
		pc.onconnectionstatechange = ifCurrent(() => {
			link.state = pc.connectionState;
			if (link.state === 'connected') link.offerIsOut = false;
			if (link.state === 'failed') this.mend(link);
			this.on.changed();
		});
		pc.onnegotiationneeded = ifCurrent(() => this.describe(link));
		pc.ontrack = ({ track }) => this.play(link, track);
		if (offers) pc.addTrack(this.track);
		return pc;
	}

	// Offers, or answers an offer that has come.
	async describe(link) {
		const { pc } = link;
		link.isDescribing = true;
		const failure = await pc.setLocalDescription().catch((error) => error);
		link.isDescribing = false;
		if (failure || pc !== link.pc) return;
		const { type, sdp } = pc.localDescription;
		const isSent = this.on.send({ type, to: link.id, data: { sdp } });
		if (type === 'offer') link.offerIsOut = isSent && link.isPresent;
		link.offeredAt = performance.now();
	}

	sendCandidate({ id, problem }, one) {
		const candidate = one?.candidate ?? '';
		const { sdpMid = '0', sdpMLineIndex = 0 } = one ?? {};
		this.on.send({ type: 'candidate', to: id, data: { candidate, sdpMid, sdpMLineIndex } });
		this.hasRelay ||= / typ relay/.test(candidate);
		if (candidate) return;
		this.relayProblem = !this.hasRelay && problem;
		this.on.changed();
	}

	async offer(link, { sdp }) {
		const from = origin(sdp);
		// The other side has begun anew, or this one has to.
		const isAnother = (link.origin && link.origin !== from) || link.state === 'failed';
		const collides = link.pc && (link.isDescribing || link.pc.signalingState !== 'stable');
		const yields = number(this.self) > number(link.id) || !link.offerIsOut;
		link.ignores = !isAnother && collides && !yields;
		if (link.ignores) return;
		const pc = isAnother || !link.pc ? this.open(link) : link.pc;
		await pc.setRemoteDescription({ type: 'offer', sdp });
		Object.assign(link, { origin: from, offerIsOut: false });
		if (pc.getSenders().every(({ track }) => !track)) pc.addTrack(this.track);
		await this.flush(link);
		await this.describe(link);
	}

	async answer(link, { sdp }) {
		const from = origin(sdp);
		if (link.pc?.signalingState !== 'have-local-offer') return;
		link.ignores = false; // candidates from here on belong to this answer
		if (link.origin && link.origin !== from) {
			this.open(link, true); // it has lost the connection that was to go on
			return;
		}
		await link.pc.setRemoteDescription({ type: 'answer', sdp });
		Object.assign(link, { origin: from, offerIsOut: false });
		await this.flush(link);
	}

	async candidate(link, candidate) {
		if (link.ignores) return;
		if (!link.pc?.remoteDescription) link.candidates?.push(candidate);
		else await link.pc.addIceCandidate(candidate);
	}

	async flush(link) {
		for (const candidate of link.candidates.splice(0)) await link.pc.addIceCandidate(candidate);
	}

	// ---- when a way is lost ----

	// Asked several times a second; true when a voice is missing, for which another way is looked.
	watch() {
		const now = performance.now();
		let isMissing = false;
		for (const link of this.links.values()) {
			const heard = link.pc?.getReceivers()[0]?.getSynchronizationSources()[0]?.timestamp;
			if (heard && heard !== link.heard)
				Object.assign(link, { heard, heardAt: now, lookedAt: 0, wait: AGAIN_MS });
			if (!link.isPresent || !(now - link.heardAt > SILENCE_MS)) continue;
			isMissing = true;
			if (now - link.lookedAt > link.wait) this.mend(link);
		}
		return isMissing;
	}

	// Another way to the same peer, or at last a new connection. Who is not there will offer.
	mend(link) {
		const now = performance.now();
		link.lookedAt = now;
		if (link.state === 'connected') link.wait *= 2;
		else if (now - link.heardAt > GIVE_UP_MS && link.isPresent) this.open(link, true);
		if (link.isPresent) this.renew(link);
	}

	// An offer that nobody has answered is taken back, for the next may not wait for it.
	async renew({ pc, offeredAt }) {
		if (pc.signalingState === 'have-local-offer') {
			if (performance.now() - offeredAt < ANSWER_MS) return;
			await pc.setLocalDescription({ type: 'rollback' });
		}
		pc.restartIce();
	}

	// The network has changed.
	mendAll() {
		for (const link of this.links.values()) if (link.pc) this.mend(link);
	}

	// ---- sound ----

	say(track) {
		this.track = track;
		for (const { pc } of this.links.values())
			for (const sender of pc?.getSenders() ?? []) if (sender.track) sender.replaceTrack(track);
	}

	play(link, track) {
		link.audio?.remove();
		link.audio = document.createElement('audio');
		link.audio.srcObject = new MediaStream([track]);
		link.audio.dataset.participant = link.id;
		document.getElementById('voices').append(link.audio);
		link.audio.play().catch(({ name }) => name === 'NotAllowedError' && this.on.blocked());
	}

	playAll() {
		for (const { audio } of this.links.values()) audio?.play().catch(() => {});
	}

	get connectedCount() {
		return [...this.links.values()].filter(({ state }) => state === 'connected').length;
	}
}
