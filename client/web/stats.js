// How good the connections are, by the browser's own account (getStats).

import { $, list, make, text } from './dom.js';
import { say } from './words.js';

const find = (report, type, more = {}) =>
  [...report.values()].find(
    (one) => one.type === type && Object.keys(more).every((key) => one[key] === more[key]),
  );

const ms = (seconds) => (seconds === undefined ? '–' : Math.round(seconds * 1000));
const percent = (part, whole) => (whole ? ((100 * part) / whole).toFixed(1) : '0.0');

function describe(report) {
  const inbound = find(report, 'inbound-rtp') ?? {};
  const transport = find(report, 'transport') ?? {};
  const pair = report.get(transport.selectedCandidatePairId) ?? {};
  const ends = [report.get(pair.localCandidateId), report.get(pair.remoteCandidateId)];
  const isRelayed = ends.some((end) => end?.candidateType === 'relay');
  const { packetsLost: lost = 0, packetsReceived: received = 0 } = inbound;
  return [
    say(
      'round trip {0} ms, jitter {1} ms, lost {2} %, made up {3} %, buffer {4} ms, {5}',
      ms(pair.currentRoundTripTime),
      ms(inbound.jitter),
      percent(lost, lost + received),
      percent(inbound.concealedSamples ?? 0, inbound.totalSamplesReceived),
      ms(inbound.jitterBufferDelay / inbound.jitterBufferEmittedCount || 0),
      isRelayed ? say('relayed') : say('direct'),
    ),
    [transport.dtlsCipher, transport.srtpCipher].filter(Boolean).join(', '),
  ].join(' · ');
}

export async function drawStats({ mesh, room }) {
  const links = [...mesh.links.values()].filter(({ pc }) => pc);
  const rows = await Promise.all(
    links.map(async ({ id, pc }) => ({ id, words: describe(await pc.getStats()) })),
  );
  list(
    $('#stats'),
    rows,
    ({ id }) => id,
    () => make('div', {}, make('dt'), make('dd')),
    (item, { id, words }) => {
      text(item.children[0], room.name(id));
      text(item.children[1], words);
    },
  );
}
