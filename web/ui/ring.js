/** Beats of the blinking title and of the sound. */
const BLINK_MS = 1_000;
const CHIME_S = 3;
/** Longer than any ring lasts. */
const LONGEST_S = 120;

/** The sound and the blinking title of an incoming call. */
export class Ring {
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {GainNode | null} */
  #sound = null;
  /** The ring that goes on is to be heard, as soon as the browser lets it. */
  #wanted = false;
  #timer = 0;
  #title = '';

  constructor() {
    // Browsers give no sound before the first click or key, so the context is made then.
    const prepare = () => {
      this.#audio ??= new AudioContext();
      this.#audio.resume().then(() => this.#wanted && this.chime(), () => {});
    };
    addEventListener('pointerdown', prepare);
    addEventListener('keydown', prepare);
  }

  get ringing() {
    return this.#timer !== 0;
  }

  /**
   * @param {string} title  shown in turn with the page's own
   * @param {{silent?: boolean}} [options]  `silent`: the sound waits for `chime`
   */
  start(title, { silent = false } = {}) {
    if (this.ringing) return;
    this.#title = document.title;
    const blink = () => {
      document.title = document.title === title ? this.#title : title;
    };
    blink();
    this.#timer = setInterval(blink, BLINK_MS);
    if (!silent) this.chime();
  }

  /** Lets the ring that is going on be heard. */
  chime() {
    this.#wanted = this.ringing;
    if (this.ringing && !this.#sound && this.#audio?.state === 'running') this.#sound = chimes(this.#audio);
  }

  stop() {
    if (!this.ringing) return;
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#wanted = false;
    document.title = this.#title;
    this.#sound?.disconnect();
    this.#sound = null;
  }
}

/**
 * Two soft notes, twice, every few seconds. All are laid out ahead on the clock of the sound,
 * because browsers slow the timers of hidden pages down, and a console is often hidden.
 *
 * @param {AudioContext} audio
 * @returns {GainNode}  silent once disconnected
 */
function chimes(audio) {
  const sound = new GainNode(audio);
  sound.connect(audio.destination);
  for (let at = 0; at < LONGEST_S; at += CHIME_S) {
    [660, 880, 660, 880].forEach((pitch, i) => note(sound, pitch, audio.currentTime + at + i * 0.22));
  }
  return sound;
}

/**
 * @param {GainNode} sound  where it goes
 * @param {number} pitch  in Hz
 * @param {number} at  in seconds of the sound's clock
 */
function note(sound, pitch, at) {
  const tone = new OscillatorNode(sound.context, { frequency: pitch });
  const volume = new GainNode(sound.context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.2, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
  tone.connect(volume).connect(sound);
  tone.start(at);
  tone.stop(at + 0.21);
}
