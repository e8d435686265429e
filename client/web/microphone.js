// The microphone: the one in use, how loud it is, whether somebody speaks into it. It gives two
// things: `track`, which goes to the others and changes with the device, and `recorded`, a stream
// that lasts whatever happens to devices.

const PROCESSING = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const SPEECH_DB = -48; // above it somebody speaks ...
const HANG_MS = 500; // ... until it was quiet for so long
const LOOK_MS = 50;

export class Microphone {
  isMuted = false;
  isSpeaking = false;
  level = 0; // 0 to 1, for the eye
  heard = 0; // the loudest so far

  // `on` has track(track), changed() and speaking().
  constructor(on) {
    this.on = on;
    this.context = new AudioContext({ latencyHint: 'interactive' });
    // Browsers may wait for a touch of the page before there is any sound.
    this.isAwake = new Promise((awake) => {
      this.context.onstatechange = () => this.context.state === 'running' && awake();
    });
    this.sink = this.context.createMediaStreamDestination();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.silence = this.context.createMediaStreamDestination().stream.getAudioTracks()[0];
    this.recorded = this.sink.stream;
    this.track = this.silence;
    this.devices = [];
    navigator.mediaDevices?.addEventListener('devicechange', () => this.onDevices());
    setInterval(() => this.look(), LOOK_MS);
  }

  get isOpen() {
    return this.track !== this.silence;
  }

  // `device` undefined: the system's choice. Throws what getUserMedia throws.
  async open(device = this.device) {
    const deviceId = device ? { ideal: device } : undefined;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { ...PROCESSING, deviceId, channelCount: { ideal: 1 } },
    });
    this.close();
    this.device = device;
    this.track = stream.getAudioTracks()[0];
    this.track.enabled = !this.isMuted;
    this.track.onended = () => this.onLost();
    this.source = this.context.createMediaStreamSource(stream);
    this.source.connect(this.analyser);
    this.source.connect(this.sink);
    this.wake();
    await this.list();
    this.on.track(this.track);
    this.on.changed();
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
    if (this.context.state !== 'running') this.context.resume().catch(() => {});
  }

  async list() {
    const all = await navigator.mediaDevices.enumerateDevices();
    this.devices = all.filter(({ kind, label }) => kind === 'audioinput' && label);
  }

  get current() {
    return this.isOpen ? this.track.getSettings().deviceId : undefined;
  }

  async onDevices() {
    await this.list();
    if (!this.isOpen && this.wanted) await this.open().catch(() => {});
    this.on.changed();
  }

  // Unplugged: whatever else is there takes its place.
  async onLost() {
    this.close();
    this.wanted = true;
    this.on.track(this.track);
    this.on.changed();
    await this.open(undefined).catch(() => {});
  }

  mute(isMuted) {
    this.isMuted = isMuted;
    this.track.enabled = !isMuted;
    this.look();
  }

  look() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const recent = this.source && !this.isMuted ? this.samples : [];
    const power = recent.reduce((sum, x) => sum + x * x, 0) / (recent.length || 1);
    const db = 10 * Math.log10(power + 1e-10);
    this.level = Math.max(0, Math.min(1, (db + 60) / 50));
    this.heard = Math.max(this.heard, this.level);
    const now = performance.now();
    if (db > SPEECH_DB) this.loudAt = now;
    const isSpeaking = this.loudAt !== undefined && now - this.loudAt < HANG_MS && !this.isMuted;
    if (isSpeaking === this.isSpeaking) return;
    this.isSpeaking = isSpeaking;
    this.on.speaking();
  }
}
