// How good the connections are, by the browser's own account (getStats).

import { $, list, make, text } from './dom.js';
import { say } from './words.js';

const ms = (seconds) => (seconds === undefined ? '–' : Math.round(seconds * 1000));
const percent = (part, whole) => (whole ? ((100 * part) / whole).toFixed(1) : '0.0');

function describe(report, fingerprint) {
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
  return `${quality}\n${say('encrypted with {0}; their fingerprint {1}', suites, fingerprint)}`;
}

const fingerprintOf = ({ remoteDescription }) =>
  /^a=fingerprint:\S+ (\S+)/m.exec(remoteDescription?.sdp)?.[1] ?? '–';

async function row({ id, pc }) {
  return { id, words: describe(await pc.getStats(), fingerprintOf(pc)) };
}

export async function drawStats({ mesh, room }) {
  const rows = await Promise.all([...mesh.links.values()].filter(({ pc }) => pc).map(row));
  const create = () => make('div', {}, make('dt'), make('dd'));
  list(
    $('#stats'),
    rows,
    ({ id }) => id,
    create,
    (item, { id, words }) => {
      text(item.children[0], room.name(id));
      text(item.children[1], words);
    },
  );
}
