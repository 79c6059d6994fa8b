/** Between two looks at the sound. */
const LOOK_MS = 80;
/** Louder than a quiet room, in decibels of full scale. */
const SPEECH_DB = -45;
/** What the meter shows as empty. */
const FLOOR_DB = -60;

/** Shows how loud a microphone is, as `--level` (0 to 1) of an element. */
export class Level {
  #element;
  #onHeard;
  /** @type {AudioContext | null} */
  #audio = null;
  #timer = 0;
  /** Whether anything has been heard since `listen`. */
  heard = false;

  /**
   * @param {HTMLElement} element
   * @param {() => void} onHeard  called once after each `listen`, at the first sound
   */
  constructor(element, onHeard) {
    this.#element = element;
    this.#onHeard = onHeard;
  }

  /** @param {MediaStream} media */
  listen(media) {
    this.stop();
    const audio = new AudioContext();
    const ear = new AnalyserNode(audio, { fftSize: 1024 });
    audio.createMediaStreamSource(media).connect(ear);
    audio.resume().catch(() => {});
    const samples = new Float32Array(ear.fftSize);
    this.#audio = audio;
    this.#timer = setInterval(() => {
      ear.getFloatTimeDomainData(samples);
      this.#show(decibels(samples));
    }, LOOK_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#audio?.close().catch(() => {});
    this.#audio = null;
    this.heard = false;
    this.#element.style.setProperty('--level', '0');
  }

  /** @param {number} db */
  #show(db) {
    const level = Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
    this.#element.style.setProperty('--level', level.toFixed(2));
    if (this.heard || db < SPEECH_DB) return;
    this.heard = true;
    this.#onHeard();
  }
}

/**
 * The loudness of some samples, in decibels of full scale.
 *
 * @param {Float32Array} samples
 */
export function decibels(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return 10 * Math.log10(sum / samples.length + 1e-12);
}
