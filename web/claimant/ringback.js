/** The tone that callers in China know: 450 Hz, one second in five. */
const TONE_HZ = 450;
const ON_S = 1;
const EVERY_S = 5;
/** Longer than any ring lasts. */
const LONGEST_S = 150;
const VOLUME = 0.08;
/** Nothing begins or ends with a click. */
const EDGE_S = 0.03;

/** The sound of ringing at the other side. */
export class Ringback {
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {GainNode | null} */
  #sound = null;

  constructor() {
    // Browsers give no sound before the first click or key, so the context is made then.
    const prepare = () => {
      this.#audio ??= new AudioContext();
      this.#audio.resume().catch(() => {});
    };
    addEventListener('pointerdown', prepare);
    addEventListener('keydown', prepare);
  }

  /** @param {boolean} on */
  rings(on) {
    if (on && !this.#sound && this.#audio?.state === 'running') this.#sound = tones(this.#audio);
    if (on) return;
    this.#sound?.disconnect();
    this.#sound = null;
  }
}

/**
 * All tones are laid out ahead on the clock of the sound: the timers of busy pages are late.
 *
 * @param {AudioContext} audio
 * @returns {GainNode}  silent once disconnected
 */
function tones(audio) {
  const sound = new GainNode(audio, { gain: 0 });
  const tone = new OscillatorNode(audio, { frequency: TONE_HZ });
  const { gain } = sound;
  for (let at = audio.currentTime; at < audio.currentTime + LONGEST_S; at += EVERY_S) {
    gain.setValueAtTime(0, at);
    gain.linearRampToValueAtTime(VOLUME, at + EDGE_S);
    gain.setValueAtTime(VOLUME, at + ON_S);
    gain.linearRampToValueAtTime(0, at + ON_S + EDGE_S);
  }
  tone.connect(sound).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + LONGEST_S);
  return sound;
}
