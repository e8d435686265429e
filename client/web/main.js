// The page begins here: a seat from before is taken again, otherwise there is the door. What follows
// the door is loaded when somebody begins to fill in the form.

import { $, list, make, show, text } from './dom.js';
import { atTheDoor, code, complain, seatBefore } from './door.js';
import { Microphone } from './microphone.js';
import * as shelf from './shelf.js';
import { say, translate } from './words.js';

const microphone = new Microphone({ changed: drawDevices });
const device = $('#device');
const loadStage = () => import('./stage.js');

function drawDevices() {
	list(
		device,
		microphone.devices,
		({ deviceId }) => deviceId,
		({ deviceId }) => make('option', { value: deviceId }),
		(option, { label }) => text(option, label),
	);
	device.value = microphone.current;
}

// What an earlier debate could not send.
async function offerLeft() {
	const left = (await shelf.left()).filter(({ recordingId }) => recordingId);
	show('#left', left.length);
	$('#left button').onclick = async ({ target }) => {
		target.remove();
		const { upload } = await import('./upload.js');
		await upload(left, $('#left div'));
	};
}

async function main() {
	translate();
	document.title = `${code} – debate`;
	text('#code', code);
	if (!isSecureContext)
		throw Error(say('Browsers give the microphone only to https pages and to localhost.'));
	device.onchange = () => microphone.open(device.value).catch(complain);
	setInterval(() => ($('meter').value = microphone.level), 100);
	const seat = await seatBefore();
	if (!seat.sessionId) {
		offerLeft();
		$('#door').addEventListener('focusin', loadStage, { once: true });
		await atTheDoor(seat, microphone);
		show('#left', false);
	} else if (seat.device) {
		await microphone.open(seat.device).catch(() => {});
	}
	(await loadStage()).start(seat, microphone);
}

main().catch((error) => {
	show('#door', true);
	$('#door .primary').disabled = true;
	complain(error);
});
