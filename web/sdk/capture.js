/** @import { Profile } from './core/wire.js' */

/** @typedef {'audio' | 'video'} Kind */

/** Failures that are not the person's wish: the device is not there, or something else has it. */
const MISSING = new Set(['NotFoundError', 'NotReadableError', 'OverconstrainedError', 'AbortError']);

/**
 * Camera and microphone as the person chose them. Its stream stays the same object while tracks in it change.
 */
export class Capture {
  /** @type {MediaStream | null} */
  #media = null;
  /** @type {Promise<MediaStream> | null} the question to the person that is open */
  #asking = null;
  #wantsOpen = false;
  /** @type {Profile | null} */
  #profile = null;
  #facing = /** @type {'environment' | 'user'} */ ('environment');
  #chosen = { audio: '', video: '' };
  #wanted = { audio: true, video: true };
  /** What goes out in place of a camera. @type {MediaStreamTrack | null} */
  #black = null;
  /** Counts the choices of each kind: only the last one counts. */
  #choices = { audio: 0, video: 0 };
  #replaced;

  /** @param {(track: MediaStreamTrack) => void} replaced  called with each track that takes the place of another */
  constructor(replaced) {
    this.#replaced = replaced;
  }

  /** What is captured now; null before the person has agreed. */
  get media() {
    return this.#media;
  }

  get facing() {
    return this.#facing;
  }

  /** @param {Profile} profile  of pictures and sound to ask for */
  set profile(profile) {
    this.#profile = profile;
  }

  /**
   * The id of the device in use; empty if there is none.
   *
   * @param {Kind} kind
   */
  device(kind) {
    return this.#track(kind)?.getSettings().deviceId ?? '';
  }

  /**
   * Asks the person for both, unless they are there. Who asks while the person is being asked gets the same answer: two
   * questions would be two cameras. Without a camera, or while no picture is to go out, there is sound and a black
   * picture, because players want both. Fails as getUserMedia does, or if it was closed before the answer.
   */
  async open() {
    this.#wantsOpen = true;
    if (this.#media) return this.#media;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    const media = await this.#asking;
    if (!this.#wantsOpen) {
      end(media);
      throw new DOMException('closed before the answer', 'AbortError');
    }
    this.#media = media;
    return media;
  }

  close() {
    this.#wantsOpen = false;
    if (this.#media) end(this.#media);
    this.#media = null;
  }

  /**
   * Whether sound or picture goes out. The track goes on, silent or black. A camera that has not been asked for yet is
   * asked for when its picture is wanted.
   *
   * @param {Kind} kind
   * @param {boolean} on
   */
  sends(kind, on) {
    this.#wanted[kind] = on;
    const track = this.#track(kind);
    if (track) track.enabled = on;
    if (on && track && track === this.#black) this.#unplugged(kind);
  }

  /** @param {Kind} kind */
  sending(kind) {
    return this.#wanted[kind];
  }

  /**
   * Goes on with another device, and with the one before if that fails.
   *
   * @param {Kind} kind
   * @param {string} deviceId
   */
  async use(kind, deviceId) {
    const before = this.#chosen[kind];
    await this.#change(kind, (undo) => {
      this.#chosen[kind] = undo ? before : deviceId;
    });
  }

  /**
   * Goes on with the camera that looks away from the person, or at them.
   *
   * @param {'environment' | 'user'} facing
   */
  async face(facing) {
    const before = { facing: this.#facing, chosen: this.#chosen.video };
    await this.#change('video', (undo) => {
      this.#facing = undo ? before.facing : facing;
      this.#chosen.video = undo ? before.chosen : '';
    });
  }

  get canTorch() {
    return light(this.#track('video')?.getCapabilities?.()) === true;
  }

  get torch() {
    return light(this.#track('video')?.getSettings()) === true;
  }

  /** @param {boolean} on */
  async setTorch(on) {
    const wish = { advanced: [/** @type {MediaTrackConstraintSet} */ ({ torch: on })] };
    await this.#track('video')?.applyConstraints(wish);
  }

  async #ask() {
    if (!this.#wanted.video) return this.#askForSound();
    try {
      return this.#adopt(await navigator.mediaDevices.getUserMedia({ audio: this.#wish('audio'), video: this.#wish('video') }));
    } catch (error) {
      if (!(error instanceof DOMException) || !MISSING.has(error.name)) throw error;
      return this.#askForSound().catch(() => {
        throw error;
      });
    }
  }

  async #askForSound() {
    const media = await navigator.mediaDevices.getUserMedia({ audio: this.#wish('audio') });
    media.addTrack(this.#blacken());
    return this.#adopt(media);
  }

  #blacken() {
    this.#black = blackPicture();
    return this.#black;
  }

  /**
   * @param {Kind} kind
   * @param {(undo: boolean) => void} choose
   */
  async #change(kind, choose) {
    choose(false);
    try {
      await this.#replace(kind);
    } catch (error) {
      choose(true);
      await this.#replace(kind).catch(() => {});
      throw error;
    }
  }

  /** @param {Kind} kind */
  async #replace(kind) {
    const media = this.#media;
    this.#choices[kind] += 1;
    const choice = this.#choices[kind];
    if (!media) return;
    this.#track(kind)?.stop(); // most phones open one camera at a time
    const fresh = await navigator.mediaDevices.getUserMedia({ [kind]: this.#wish(kind) });
    if (this.#media !== media || this.#choices[kind] !== choice) end(fresh); // closed, or chosen again, in the meantime
    else this.#exchange(media, fresh);
  }

  /**
   * @param {MediaStream} media
   * @param {MediaStream} fresh
   */
  #exchange(media, fresh) {
    for (const track of this.#adopt(fresh).getTracks()) {
      const old = this.#track(/** @type {Kind} */ (track.kind));
      if (old) media.removeTrack(old);
      media.addTrack(track);
      this.#replaced(track);
    }
  }

  /** @param {MediaStream} media */
  #adopt(media) {
    for (const track of media.getTracks()) {
      const kind = /** @type {Kind} */ (track.kind);
      track.enabled = this.#wanted[kind];
      track.onended = () => this.#unplugged(kind);
    }
    return media;
  }

  /**
   * A device that is gone is not waited for: any other will do.
   *
   * @param {Kind} kind
   */
  async #unplugged(kind) {
    const media = this.#media;
    this.#chosen[kind] = '';
    try {
      await this.#replace(kind);
    } catch {
      if (media && media === this.#media && kind === 'video') this.#exchange(media, new MediaStream([this.#blacken()]));
    }
  }

  /** @param {Kind} kind */
  #wish(kind) {
    const device = this.#chosen[kind] ? { deviceId: { exact: this.#chosen[kind] } } : {};
    const { width = 360, height = 640, fps = 15, enable_agc = true, enable_ans = true } = this.#profile ?? {};
    if (kind === 'audio') {
      return { ...device, echoCancellation: true, noiseSuppression: enable_ans, autoGainControl: enable_agc };
    }
    return {
      facingMode: this.#facing,
      ...device,
      width: { ideal: Math.max(width, height) },
      height: { ideal: Math.min(width, height) },
      frameRate: { ideal: fps },
    };
  }

  /** @param {Kind} kind */
  #track(kind) {
    return this.#media?.getTracks().find((track) => track.kind === kind);
  }
}

/** @param {MediaStream} media */
function end(media) {
  for (const track of media.getTracks()) track.stop();
}

/**
 * Browsers that can switch the light say so in words that the types do not know yet.
 *
 * @param {object} [of]
 */
function light(of) {
  return /** @type {{torch?: boolean}} */ (of ?? {}).torch;
}

/** A picture for who has no camera. It is drawn again and again: a picture that never changes is never sent. */
function blackPicture() {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  const draw = () => context?.fillRect(0, 0, canvas.width, canvas.height);
  draw();
  const [track] = canvas.captureStream(1).getVideoTracks();
  const timer = setInterval(() => {
    if (track.readyState === 'live') draw();
    else clearInterval(timer);
  }, 1_000);
  return track;
}
