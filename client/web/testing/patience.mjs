// Two pages' voices (voice.js) over a clock of their own, on a machine that is too busy: whatever they
// do to hear each other again must be given the time to work. What they stand on is imitated here.

const STEP_MS = 20;
const CHECKS_MS = 1000; // so long ICE takes with the same descriptions on both sides ...
const LOST_MS = 5000; // ... after so long it sees that there is no way any more ...
const FAILED_MS = 15000; // ... and so long it looks for one

const world = { now: 0, isHeard: true, brokenAt: 0, delayMs: 20, posts: [], offers: 0 };
let names = 0;

// Of RTCPeerConnection what voice.js uses (W3C WebRTC, RFC 8829).
class Connection {
  signalingState = 'stable';
  connectionState = 'new';
  changedAt = world.now;
  name = ++names;

  addTrack = () => this.negotiate();
  getSenders = () => [{ track: {} }];
  getReceivers = () => [{ getSynchronizationSources: () => [{ timestamp: this.heard }] }];
  addIceCandidate = async () => {};
  close = () => (this.isClosed = true);

  restartIce() {
    this.restarts = true;
    this.negotiate();
  }

  negotiate() {
    this.isNeeded = true;
    queueMicrotask(() => this.isNeeded && this.signalingState === 'stable' && this.onnegotiationneeded());
  }

  async setLocalDescription({ type } = {}) {
    if (type === 'rollback') return this.rollBack();
    const answers = this.signalingState === 'have-remote-offer';
    if (answers ? this.theirs !== this.pair?.theirs : this.restarts || !this.pair) this.ours = ++names;
    else this.ours = this.pair.ours;
    this.localDescription = {
      type: answers ? 'answer' : 'offer',
      sdp: `o=- ${this.name} 2\r\na=ice-ufrag:${this.ours}\r\na=setup:${answers ? 'active' : 'actpass'}`,
    };
    this.isNeeded = false;
    if (answers) this.settle();
    else this.signalingState = 'have-local-offer';
  }

  rollBack() {
    this.signalingState = 'stable';
    if (this.restarts || !this.pair) this.isNeeded = true;
  }

  async setRemoteDescription({ type, sdp }) {
    if (type === 'offer' && this.signalingState === 'have-local-offer') this.rollBack();
    this.theirs = Number(/ufrag:(\d+)/.exec(sdp)[1]);
    this.remoteDescription = { type, sdp };
    if (type === 'answer') this.settle();
    else this.signalingState = 'have-remote-offer';
  }

  settle() {
    this.signalingState = 'stable';
    if (this.pair?.ours !== this.ours) this.restarts = false;
    if (this.pair?.ours === this.ours && this.pair.theirs === this.theirs) return;
    this.pair = { ours: this.ours, theirs: this.theirs, since: world.now };
    this.become('connecting');
  }

  become(state) {
    if (this.isClosed || state === this.connectionState) return;
    this.connectionState = state;
    this.changedAt = world.now;
    this.onconnectionstatechange();
  }

  // One moment of ICE and of the voice from `other`.
  pass(other) {
    if (!this.pair) return;
    const isAgreed = this.pair.ours === other?.pair?.theirs && this.pair.theirs === other.pair.ours;
    const since = Math.max(this.pair.since, isAgreed ? other.pair.since : 0);
    const isWay = isAgreed && since >= world.brokenAt && world.now - since >= CHECKS_MS;
    if (isWay) this.become('connected');
    else if (this.connectionState === 'connected') this.lose();
    else if (world.now - this.changedAt > FAILED_MS) this.become('failed');
    if (isWay) this.wayAt = world.now;
    if (isWay && world.isHeard) this.heard = world.now;
  }

  lose() {
    if (world.now - this.wayAt > LOST_MS) this.become('disconnected');
  }
}

function stub(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
const nothing = { append() {}, dataset: {} };
stub('performance', { now: () => world.now });
stub('navigator', { languages: ['en'] });
stub('window', { RTCPeerConnection: Connection });
stub('document', { getElementById: () => null, documentElement: {}, body: nothing });

async function side(self, other) {
  const voice = await import(`../voice.js?${self}`);
  voice.begin(self, [], {});
  voice.on.changed = () => {};
  voice.on.send = (message) => {
    if (message.type === 'offer') world.offers++;
    world.posts.push({ at: world.now + world.delayMs, to: other, message: { ...message, from: self } });
    return true;
  };
  return { self, voice, pc: () => voice.links.get(other)?.pc };
}

const sides = [await side('p1', 'p2'), await side('p2', 'p1')];

// Lets time pass, until `isEnough`; gives how much of it has passed.
async function pass(ms, isEnough = () => false) {
  const from = world.now;
  while (world.now - from < ms && !isEnough()) {
    world.now += STEP_MS;
    while (world.posts[0]?.at <= world.now) {
      const { to, message } = world.posts.shift();
      sides.find(({ self }) => self === to).voice.take(message);
    }
    const [a, b] = sides.map(({ pc }) => pc());
    a?.pass(b);
    b?.pass(a);
    if (world.now % 100 === 0) for (const { voice } of sides) voice.watch();
    await new Promise(setImmediate);
  }
  return world.now - from;
}

const areHeard = () => sides.every(({ pc }) => pc()?.heard > world.now - 100);

// How long it takes until both hear each other again.
async function breakTheWay(ms) {
  world.brokenAt = world.now;
  await pass(200);
  return 200 + (await pass(ms, areHeard));
}

let problems = 0;
function check(holds, what) {
  console.log(`${holds ? 'ok' : 'FAILED'}: ${what}`);
  if (!holds) problems++;
}

sides[0].voice.take({ type: 'peer_joined', data: { participant_id: 'p2' } });
sides[1].voice.take({ type: 'peers', data: { peers: [{ participant_id: 'p1' }] } });
check((await pass(10000, areHeard)) < 2000, 'both hear each other');
await pass(20000);

const back = await breakTheWay(10000);
check(back < 3000, `where the way is lost another is found at once: ${back} ms`);
await pass(20000);

// An answer takes longer than the patience of the first look.
world.delayMs = 1400;
world.offers = 0;
const late = await breakTheWay(60000);
check(late < 15000, `offers wait for slow answers: heard again after ${late} ms`);
await pass(60000);
check(areHeard() && world.offers <= 4, `then nobody offers any more: ${world.offers}`);

// Voices come in bursts, so slow is the machine.
world.delayMs = 500;
world.offers = 0;
for (let i = 0; i < 60; i++) {
  world.isHeard = i % 5 === 0;
  await pass(500);
  world.isHeard = false;
  await pass(1500);
}
check(world.offers < 16, `bursts are borne with ever more patience: ${world.offers} offers in 120 s`);

world.isHeard = true;
world.delayMs = 20;
await pass(40000);
check(areHeard(), 'and are over');
const again = await breakTheWay(10000);
check(again < 3000, `later a lost way is left at once again: ${again} ms`);
process.exit(problems ? 1 : 0);
