// The microphone: how loud it is, whether somebody speaks into it; `track` goes to the others and
// changes with the device, the stream `recorded` lasts whatever happens to devices.

const SPEECH_DB = -48; // above it somebody speaks ...
const HANG_MS = 500; // ... until it was quiet for so long
const LOOK_MS = 50;

export class Microphone {
	isMuted = false;
	isSpeaking = false;
	level = 0; // 0 to 1, for the eye
	devices = [];

	// `on` has changed(), and may have track(track) and speaking().
	constructor(on) {
		this.on = on;
		this.context = new AudioContext();
		// Browsers may wait for a touch of the page before there is any sound.
		this.isAwake = new Promise((awake) => {
			this.context.onstatechange = () => this.context.state === 'running' && awake();
		});
		const sink = () => this.context.createMediaStreamDestination();
		this.sink = sink();
		this.recorded = this.sink.stream;
		this.analyser = this.context.createAnalyser();
		this.samples = new Float32Array(this.analyser.fftSize);
		this.track = this.silence = sink().stream.getAudioTracks()[0];
		navigator.mediaDevices?.addEventListener('devicechange', () => this.onDevices());
		setInterval(() => this.look(), LOOK_MS);
	}

	get isOpen() {
		return this.track !== this.silence;
	}

	get current() {
		return this.isOpen ? this.track.getSettings().deviceId : undefined;
	}

	// `device` undefined: the system's choice. Throws what getUserMedia throws.
	async open(device = this.device) {
		const deviceId = device && { ideal: device };
		const audio = { deviceId, channelCount: 1 }; // browsers cancel echo and noise unasked
		const stream = await navigator.mediaDevices.getUserMedia({ audio });
		this.close();
		this.device = device;
		this.track = stream.getAudioTracks()[0];
		this.track.enabled = !this.isMuted;
		this.track.onended = () => this.onLost();
		this.source = this.context.createMediaStreamSource(stream);
		this.source.connect(this.analyser);
		this.source.connect(this.sink);
		this.wake();
		this.on.track?.(this.track);
		await this.onDevices();
	}

	close() {
		this.source?.disconnect();
		if (this.isOpen) {
			this.track.onended = null;
			this.track.stop();
		}
		this.source = null;
		this.track = this.silence;
	}

	wake() {
		this.context.resume().catch(() => {});
	}

	async onDevices() {
		const all = await navigator.mediaDevices.enumerateDevices();
		this.devices = all.filter(({ kind, label }) => kind === 'audioinput' && label);
		if (!this.isOpen && this.isWanted) await this.open().catch(() => {});
		this.on.changed();
	}

	// Unplugged: whatever else is there takes its place.
	async onLost() {
		this.close();
		this.isWanted = true;
		this.device = undefined;
		this.on.track?.(this.track);
		await this.onDevices();
	}

	mute(isMuted) {
		this.isMuted = isMuted;
		this.track.enabled = !isMuted;
		this.look();
	}

	look() {
		this.analyser.getFloatTimeDomainData(this.samples);
		const recent = this.source && !this.isMuted ? this.samples : [];
		const power = recent.reduce((sum, x) => sum + x * x, 0) / this.samples.length;
		const db = 10 * Math.log10(power + 1e-10);
		this.level = Math.max(0, Math.min(1, (db + 60) / 50));
		if (db > SPEECH_DB) this.loudAt = performance.now();
		const isSpeaking = !this.isMuted && performance.now() - this.loudAt < HANG_MS;
		if (isSpeaking === this.isSpeaking) return;
		this.isSpeaking = isSpeaking;
		this.on.speaking?.();
	}
}
