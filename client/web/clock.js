// The server's clock as this page knows it: of the last eight pings the one with the shortest round
// trip (debate-protocol(7), "The clock"; RFC 5905, section 8). Milliseconds.

const SAMPLES = 8;

export class Clock {
  samples = [];

  // t0 and t3 are performance.now() when the ping left and the pong came.
  add(t0, t1, t2, t3) {
    const trip = t3 - t0 - (t2 - t1);
    if (trip < 0) return;
    if (this.isStale) this.samples = [];
    this.isStale = false;
    this.samples.push({ offset: (t1 - t0 + (t2 - t3)) / 2, trip });
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  // After sleep or a new server: the next sample replaces all earlier ones.
  renew() {
    this.isStale = true;
  }

  get best() {
    return this.samples.reduce((a, b) => (b.trip < a.trip ? b : a), { trip: Infinity });
  }

  get isKnown() {
    return this.samples.length > 0;
  }

  // How far it can be off.
  get error() {
    return this.best.trip / 2;
  }

  now() {
    return this.isKnown ? performance.now() + this.best.offset : Date.now();
  }
}
