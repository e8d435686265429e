// The microphone. `track` goes to the others and changes with the device, the stream `recorded` lasts.

const SPEECH = 0.016; // so loud is who speaks (a peak; 1 is the loudest) ...
const HANG_MS = 500; // ... until it was quiet for so long
const LOOK_MS = 50;

// Who hears of it: changed(), track(track) and speaking().
export const on = {};
export let isMuted = false;
export let isSpeaking = false;
export let level = 0; // 0 to 1
export let devices = [];

export const context = new AudioContext();
// Browsers may wait for a touch of the page before there is any sound.
export const isAwake = new Promise((awake) => {
	context.onstatechange = () => context.state === 'running' && awake();
});
const sink = context.createMediaStreamDestination();
export const recorded = sink.stream;
const [silence] = context.createMediaStreamDestination().stream.getAudioTracks();
export let track = silence;
const analyser = context.createAnalyser();
const samples = new Float32Array(analyser.fftSize);
let source, loudAt, isLost;
let wanted; // the device that was asked for

export const isOpen = () => track !== silence;
export const current = () => (isOpen() ? track.getSettings().deviceId : undefined);
export const wake = () => context.resume().catch(() => {});

// Throws what getUserMedia throws.
export async function open(device = wanted) {
	const audio = { deviceId: device && { ideal: device }, channelCount: 1 };
	const stream = await navigator.mediaDevices.getUserMedia({ audio });
	close();
	wanted = device;
	[track] = stream.getAudioTracks();
	track.enabled = !isMuted;
	track.onended = lose;
	source = context.createMediaStreamSource(stream);
	source.connect(analyser);
	source.connect(sink);
	wake();
	on.track?.(track);
	await look();
}

export function close() {
	source?.disconnect();
	source = null;
	track.onended = null;
	if (isOpen()) track.stop();
	track = silence;
}

// Unplugged: whatever else is there takes its place.
async function lose() {
	close();
	isLost = true;
	wanted = undefined;
	on.track?.(track);
	await look();
}

async function look() {
	const all = await navigator.mediaDevices.enumerateDevices();
	devices = all.filter(({ kind, label }) => kind === 'audioinput' && label);
	// What is busy is asked again.
	if (isLost && !isOpen())
		await open().catch(({ name }) => name === 'NotFoundError' || setTimeout(look, 1000));
	on.changed();
}

export function mute(isIt) {
	isMuted = isIt;
	track.enabled = !isIt;
	listen();
}

function listen() {
	analyser.getFloatTimeDomainData(samples);
	const peak = source && !isMuted ? Math.max(...samples.map(Math.abs)) : 0;
	level = Math.sqrt(peak);
	if (peak > SPEECH) loudAt = performance.now();
	const speaks = !isMuted && performance.now() - loudAt < HANG_MS;
	if (speaks === isSpeaking) return;
	isSpeaking = speaks;
	on.speaking?.();
}

navigator.mediaDevices?.addEventListener('devicechange', look);
setInterval(listen, LOOK_MS);
