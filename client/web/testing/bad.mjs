// A browser and a terminal over a bad network: a relay between them loses 5 % of the packets and
// delays each by 30 to 70 ms. They understand each other all the same.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { check, test, until } from './house.mjs';
import { twoUnderstandEachOther } from './talk.mjs';

const LOSS = 0.05;
const DELAY_MS = 50;
const JITTER_MS = 20;

// Stands for the browser before the terminal, and the other way round: what comes to one goes on
// from the other.
class Side {
  constructor() {
    this.socket = createSocket('udp4');
    this.socket.on('message', (packet) => this.other.pass(packet));
  }

  async open(other) {
    this.other = other;
    this.socket.bind(0, '0.0.0.0');
    await once(this.socket, 'listening');
    this.port = this.socket.address().port;
  }

  pass(packet) {
    if (!this.target || Math.random() < LOSS) return;
    const wait = DELAY_MS + JITTER_MS * (2 * Math.random() - 1);
    setTimeout(() => this.socket.send(packet, this.target.port, this.target.address), wait);
  }

  // The candidate with the port of who stands for its owner; null for a second one of the owner.
  stand(candidate) {
    const parts = candidate.split(' ');
    const isUsable = parts[2]?.toLowerCase() === 'udp' && /^[\d.]+$/.test(parts[4]);
    if (!isUsable || this.other.target) return null;
    this.other.target = { address: parts[4], port: Number(parts[5]) };
    parts[5] = this.port;
    return parts.join(' ');
  }
}

// In the page: its candidates, and the others', become the relay's.
function init() {
  const { send } = WebSocket.prototype;
  let work = Promise.resolve();
  WebSocket.prototype.send = function (text) {
    const message = JSON.parse(text);
    if (!this.url.includes('/ws/signaling')) return send.call(this, text);
    work = work.then(async () => {
      const { data } = message;
      if (data.sdp) data.sdp = data.sdp.replace(/a=candidate.*\r\n/g, '');
      if (data.candidate) data.candidate = await globalThis.standForBrowser(data.candidate);
      if (data.candidate !== null) send.call(this, JSON.stringify(message));
    });
  };
  const { addIceCandidate, setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.addIceCandidate = async function (one) {
    const candidate = one.candidate && (await globalThis.standForTerminal(one.candidate));
    if (candidate !== null) await addIceCandidate.call(this, { ...one, candidate });
  };
  RTCPeerConnection.prototype.setRemoteDescription = async function ({ type, sdp }) {
    const lines = sdp.match(/a=candidate.*\r\n/g) ?? [];
    await setRemoteDescription.call(this, { type, sdp: sdp.replace(/a=candidate.*\r\n/g, '') });
    for (const line of lines)
      await this.addIceCandidate({ candidate: line.trim().slice(2), sdpMLineIndex: 0 });
  };
}

// What a terminal has told of a participant, asked for once more; only that in which the round trip
// is known: it takes a report of each side, and reports are seconds apart (RFC 3550, section 6.2).
function statsOf(terminal, participant) {
  terminal.say('/stats');
  return terminal.lines
    .map((line) => JSON.parse(line))
    .filter(({ type, data }) => type === 'stats' && data[participant]?.round_trip_ms !== undefined)
    .map(({ data }) => data[participant]);
}

async function isBad(terminal) {
  const told = await until('the round trip', () => statsOf(terminal, 'p1').at(-1));
  const { round_trip_ms: trip, packets_lost: lost, packets_received: received } = told;
  console.log(`round trip ${trip} ms, lost ${((100 * lost) / (lost + received)).toFixed(1)} %`);
  check(trip > 60 && lost > 0, 'the network is bad');
}

test('5 % loss and 50 ± 20 ms leave words understood', async (house) => {
  const kimSide = new Side();
  const leeSide = new Side();
  await kimSide.open(leeSide);
  await leeSide.open(kimSide);
  await twoUnderstandEachOther(house, {
    also: isBad,
    init,
    bindings: {
      standForBrowser: (candidate) => kimSide.stand(candidate),
      standForTerminal: (candidate) => leeSide.stand(candidate),
    },
  });
});
