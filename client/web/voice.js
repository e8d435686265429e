// The voices: one RTCPeerConnection to each other participant (debate-protocol(7), "Signaling
// socket"). The newcomer offers; when two offer at once, the one with the higher number gives way.

const PATIENCE_MS = 2500; // "disconnected" for so long: another way is looked for
const GIVE_UP_MS = 8000; // a new way was not found in this time: from the beginning

const number = (id) => Number(id.slice(1));

// The connection that an SDP came from: its session id, which stays while the connection lives
// (RFC 8829, section 5.2.2), and its certificate.
function origin(sdp) {
  return `${/^o=\S+ (\S+)/m.exec(sdp)?.[1]} ${/^a=fingerprint:(\S+ \S+)/m.exec(sdp)?.[1]}`;
}

export class Mesh {
  links = new Map();

  // `on` has send(message), changed() and blocked(); `track` is what is said.
  constructor(self, iceServers, track, on) {
    Object.assign(this, { self, iceServers, track, on });
  }

  // ---- what the server says of the others ----

  // This side has come, or come back: it offers to each.
  peers(ids) {
    for (const link of this.links.values()) link.isPresent = ids.includes(link.id);
    for (const id of ids) {
      const link = this.link(id);
      link.isPresent = true;
      if (link.pc?.connectionState === 'connected') link.pc.restartIce();
      else this.open(link, true);
    }
  }

  // It will offer. What was offered before went to somebody who is gone.
  presence(id, isPresent) {
    const link = this.link(id);
    link.isPresent = isPresent;
    link.offerIsOut = false;
  }

  drop(id) {
    const link = this.links.get(id);
    if (!link) return;
    this.shut(link);
    this.links.delete(id);
    this.on.changed();
  }

  close() {
    for (const id of [...this.links.keys()]) this.drop(id);
  }

  // Descriptions and candidates of one participant are taken one after the other.
  take({ type, from, data }) {
    const link = this.link(from);
    link.isPresent = true;
    const steps = { offer: 'takeOffer', answer: 'takeAnswer', candidate: 'takeCandidate' };
    if (type === 'bye') this.drop(from);
    else if (steps[type])
      link.work = link.work
        .then(() => this[steps[type]](link, data))
        .catch((error) => console.warn(`${type} of ${from}: ${error.message}`));
  }

  // ---- connections ----

  link(id) {
    if (!this.links.has(id)) this.links.set(id, { id, state: 'new', work: Promise.resolve() });
    return this.links.get(id);
  }

  shut(link) {
    clearTimeout(link.timer);
    link.pc?.close();
    link.audio?.remove();
    Object.assign(link, { pc: null, audio: null, origin: null, offerIsOut: false, state: 'new' });
    link.candidates = [];
  }

  open(link, offers) {
    this.shut(link);
    const pc = new RTCPeerConnection({ iceServers: this.iceServers, bundlePolicy: 'max-bundle' });
    link.pc = pc;
    link.since = performance.now();
    pc.onicecandidate = ({ candidate }) => pc === link.pc && this.sendCandidate(link, candidate);
    pc.onconnectionstatechange = () => pc === link.pc && this.onState(link);
    pc.onnegotiationneeded = () => pc === link.pc && this.describe(link);
    pc.ontrack = ({ track }) => this.play(link, track);
    if (offers) pc.addTrack(this.track, new MediaStream([this.track]));
    return pc;
  }

  // Offers, or answers an offer that has come.
  async describe(link) {
    const { pc } = link;
    try {
      link.isDescribing = true;
      await pc.setLocalDescription();
    } catch (error) {
      if (pc === link.pc) console.warn(`no description for ${link.id}: ${error.message}`);
      return;
    } finally {
      link.isDescribing = false;
    }
    if (pc !== link.pc) return;
    const { type, sdp } = pc.localDescription;
    const isSent = this.on.send({ type, to: link.id, data: { sdp } });
    if (type === 'offer') link.offerIsOut = isSent && link.isPresent;
  }

  sendCandidate(link, candidate) {
    const { sdpMid, sdpMLineIndex } = candidate ?? { sdpMid: '0', sdpMLineIndex: 0 };
    const data = { candidate: candidate?.candidate ?? '', sdpMid, sdpMLineIndex };
    this.on.send({ type: 'candidate', to: link.id, data });
  }

  async takeOffer(link, { sdp }) {
    const from = origin(sdp);
    const isAnother = link.origin && link.origin !== from; // the other side began anew
    const isDead = ['failed', 'closed'].includes(link.pc?.connectionState);
    const collides = link.pc && (link.isDescribing || link.pc.signalingState !== 'stable');
    const yields = number(this.self) > number(link.id) || !link.offerIsOut;
    link.ignores = !isAnother && !isDead && collides && !yields;
    if (link.ignores) return;
    const pc = !link.pc || isAnother || isDead ? this.open(link, false) : link.pc;
    await pc.setRemoteDescription({ type: 'offer', sdp });
    link.origin = from;
    link.offerIsOut = false;
    if (pc.getSenders().every(({ track }) => !track))
      pc.addTrack(this.track, new MediaStream([this.track]));
    await this.flush(link);
    await this.describe(link);
  }

  async takeAnswer(link, { sdp }) {
    const from = origin(sdp);
    if (link.pc?.signalingState !== 'have-local-offer') return;
    link.ignores = false; // candidates from here on belong to this answer
    if (link.origin && link.origin !== from) {
      this.open(link, true); // it has lost the connection that was to go on
      return;
    }
    link.offerIsOut = false;
    await link.pc.setRemoteDescription({ type: 'answer', sdp });
    link.origin = from;
    await this.flush(link);
  }

  async takeCandidate(link, candidate) {
    if (link.ignores) return;
    if (!link.pc?.remoteDescription) link.candidates?.push(candidate);
    else await link.pc.addIceCandidate(candidate);
  }

  async flush(link) {
    for (const candidate of link.candidates.splice(0)) await link.pc.addIceCandidate(candidate);
  }

  onState(link) {
    link.state = link.pc.connectionState;
    clearTimeout(link.timer);
    if (link.state === 'connected') link.offerIsOut = false;
    if (link.state === 'disconnected') this.later(link, PATIENCE_MS, () => this.mend(link));
    if (link.state === 'failed') this.mend(link);
    this.on.changed();
  }

  later(link, ms, step) {
    clearTimeout(link.timer);
    const { pc } = link;
    link.timer = setTimeout(
      () => pc === link.pc && pc.connectionState !== 'connected' && step(),
      ms,
    );
  }

  // Another way to the same peer; when there is none, a new connection. Who is not there will
  // offer when they come.
  mend(link) {
    if (!link.isPresent) return;
    link.pc.restartIce();
    this.later(link, GIVE_UP_MS, () => link.isPresent && this.open(link, true));
  }

  // The network has changed: every way is looked for anew.
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
    link.audio.autoplay = true;
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
