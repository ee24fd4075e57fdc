// The smallest useful client of WS /v1/avatar; the protocol is in docs/live.md.
//
//   const avatar = new Avatar(canvas, { character: "ava" });
//   avatar.onevent = (event) => console.log(event);
//   await avatar.connect();          // after a click: browsers start sound only then
//   avatar.send({ type: "user.text", text: "Hello" });

const HEADER = 12;
const FADE = 0.008; // seconds in which sound dies away when it is interrupted
const LEAD = 0.12; // seconds of sound kept ahead of the loudspeaker

export class Avatar {
  constructor(canvas, { url, character, size, key, greet = true } = {}) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.url = url ?? `${scheme}//${location.host}/v1/avatar`;
    this.wish = { type: "session.start", character, size, greet };
    this.key = key;
    this.canvas = canvas;
    this.picture = canvas.getContext("2d", { alpha: false });
    this.onevent = () => {};
    this.onclose = () => {};
    this.frames = [];
    this.sources = new Set();
    this.base = null; // when frame 0 sounds, on the clock of the sound card
    this.shown = 0;
  }

  async connect() {
    this.sound = new AudioContext({ sampleRate: 24000, latencyHint: "interactive" });
    this.#openVolume();
    await this.sound.resume();
    const protocols = ["omnitalker", ...(this.key ? [`omnitalker-key.${this.key}`] : [])];
    this.socket = new WebSocket(this.url, protocols);
    this.socket.binaryType = "arraybuffer";
    await new Promise((done, failed) => {
      this.socket.onopen = done;
      this.socket.onerror = () => failed(new Error("cannot connect (key, origin or address?)"));
    });
    this.socket.onclose = (event) => this.onclose(event);
    this.socket.onmessage = ({ data }) =>
      typeof data === "string" ? this.#event(JSON.parse(data)) : this.#packet(data);
    this.send(Object.fromEntries(Object.entries(this.wish).filter(([, v]) => v !== undefined)));
    const draw = () => {
      if (this.socket.readyState > 1) return;
      this.#draw();
      requestAnimationFrame(draw);
    };
    draw();
  }

  send(message) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  sendSound(int16At16kHz) {
    if (this.socket?.readyState === 1) this.socket.send(int16At16kHz.buffer);
  }

  // Seconds of the avatar's own time that are being heard now; word times are on this clock.
  get time() {
    return this.base === null ? 0 : this.sound.currentTime - this.base;
  }

  close() {
    this.socket?.close();
    this.sound?.close();
  }

  #event(event) {
    if (event.type === "interrupted") this.#silence();
    this.onevent(event);
  }

  #silence() {
    const now = this.sound.currentTime; // cut in the middle of a wave, sound would click
    this.volume.gain.setValueAtTime(1, now);
    this.volume.gain.linearRampToValueAtTime(0, now + FADE);
    for (const source of this.sources) source.stop(now + FADE);
    this.sources.clear();
    this.#openVolume();
    this.frames.length = 0;
  }

  #openVolume() {
    this.volume = this.sound.createGain();
    this.volume.connect(this.sound.destination);
  }

  #packet(data) {
    const view = new DataView(data);
    const index = view.getUint32(4, true);
    const length = view.getUint32(8, true);
    const start = index / 25;
    const now = this.sound.currentTime;
    if (this.base === null || this.base + start < now + 0.01) this.base = now + LEAD - start;
    const samples = new Int16Array(data, HEADER, length / 2);
    const isIdle = view.getUint8(1) & 1;
    if (!isIdle) this.#play(samples, this.base + start);
    this.frames.push({ start, jpeg: new Blob([new Uint8Array(data, HEADER + length)]) });
    if (this.frames.length > 100) this.frames.shift();
  }

  #play(samples, when) {
    const buffer = this.sound.createBuffer(1, samples.length, 24000);
    const channel = buffer.getChannelData(0);
    for (let i = 0; i < samples.length; i++) channel[i] = samples[i] / 32768;
    const source = this.sound.createBufferSource();
    source.buffer = buffer;
    source.connect(this.volume);
    source.onended = () => this.sources.delete(source);
    this.sources.add(source);
    source.start(when);
  }

  async #draw() {
    let due = null;
    while (this.frames.length && this.frames[0].start <= this.time) due = this.frames.shift();
    if (!due || !due.jpeg.size) return;
    const bitmap = await createImageBitmap(due.jpeg);
    if (due.start >= this.shown || this.shown - due.start > 5) {
      this.shown = due.start;
      if (this.canvas.width !== bitmap.width) {
        this.canvas.width = bitmap.width;
        this.canvas.height = bitmap.height;
      }
      this.picture.drawImage(bitmap, 0, 0);
    }
    bitmap.close();
  }
}

// The microphone as 16-bit mono at 16 kHz. Returns what stops it.
export async function microphone(onsound) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  const context = new AudioContext({ sampleRate: 16000 });
  const code = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process([[channel]]) { if (channel) this.port.postMessage(channel.slice()); return true; } });`;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const tap = new AudioWorkletNode(context, "tap");
  let held = [];
  tap.port.onmessage = ({ data }) => {
    held.push(...data);
    if (held.length < 1024) return;
    onsound(Int16Array.from(held, (x) => Math.max(-1, Math.min(1, x)) * 32767));
    held = [];
  };
  context.createMediaStreamSource(stream).connect(tap);
  return () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
  };
}
