/** The sound and the blinking title of an incoming call. */
export class Ring {
  /** @type {AudioContext | null} */
  #audio = null;
  #timer = 0;
  #title = '';

  constructor() {
    // Browsers give no sound before the first click or key, so the context is made then.
    const prepare = () => {
      this.#audio ??= new AudioContext();
      this.#audio.resume();
    };
    addEventListener('pointerdown', prepare);
    addEventListener('keydown', prepare);
  }

  get ringing() {
    return this.#timer !== 0;
  }

  /** @param {string} title  shown in turn with the page's own */
  start(title) {
    if (this.ringing) return;
    this.#title = document.title;
    let beat = 0;
    const step = () => {
      document.title = beat % 2 === 0 ? title : this.#title;
      if (beat % 3 === 0) this.#chime();
      beat += 1;
    };
    step();
    this.#timer = setInterval(step, 1_000);
  }

  stop() {
    if (!this.ringing) return;
    clearInterval(this.#timer);
    this.#timer = 0;
    document.title = this.#title;
  }

  /** Two soft notes, twice. */
  #chime() {
    const audio = this.#audio;
    if (audio?.state !== 'running') return;
    [660, 880, 660, 880].forEach((pitch, i) => note(audio, pitch, audio.currentTime + i * 0.22));
  }
}

/**
 * @param {AudioContext} audio
 * @param {number} pitch  in Hz
 * @param {number} at  in seconds of the context's clock
 */
function note(audio, pitch, at) {
  const tone = new OscillatorNode(audio, { frequency: pitch, type: 'sine' });
  const gain = new GainNode(audio, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.2, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
  tone.connect(gain).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.21);
}
