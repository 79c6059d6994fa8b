import { MediaSession } from './webrtc.js';

/** @import { StreamStats, StreamURL, Streams } from './core/wire.js' */

/**
 * <claimcall-publisher>: sends this side's camera and microphone by WHIP, and shows the own picture.
 *
 *   publisher.publish(streams.push, streams.profile);
 *   publisher.sends('audio', false);             // silence, on the same connection
 *   publisher.stop();
 *   publisher.addEventListener('status', ({ detail }) => ...);
 *   publisher.addEventListener('trouble', ({ detail }) => ...);
 *
 * `trouble` asks for new addresses, and says why: `network` when a connection broke that had
 * stood, `failed` when none could be made in three attempts. It goes on trying meanwhile.
 *
 * @typedef {'stopped' | 'asking' | 'refused' | 'connecting' | 'publishing'} PublisherStatus
 *   `asking`: the person is asked for the camera. `refused`: there is none, or the person said no.
 *
 * @typedef {Streams['profile']} Profile
 */

/** Between two attempts. */
const RETRY_MS = 1_000;
/** So many attempts in a row without a connection are trouble. */
const ATTEMPTS = 3;

export class Publisher extends HTMLElement {
  #video = document.createElement('video');
  /** @type {MediaStream | null} */
  #media = null;
  /** @type {Promise<MediaStream> | null} the question to the person that is open */
  #asking = null;
  /** @type {MediaSession | null} */
  #session = null;
  #url = '';
  /** @type {Profile | null} */
  #profile = null;
  #facing = 'environment';
  #wanted = { audio: true, video: true };
  #failures = 0;
  #timer = 0;
  /** @type {PublisherStatus} */
  #status = 'stopped';

  constructor() {
    super();
    this.#video.playsInline = true;
    this.#video.muted = true;
  }

  connectedCallback() {
    this.append(this.#video);
  }

  disconnectedCallback() {
    this.stop();
  }

  /** @returns {PublisherStatus} */
  get status() {
    return this.#status;
  }

  /** What is sent now; null before the person has agreed. */
  get media() {
    return this.#media;
  }

  /**
   * Sends to the WHIP address among `push`, as `profile` says. The same address again only takes
   * over a changed profile. Returns false if there is no address that a browser can send to.
   *
   * @param {StreamURL[]} push
   * @param {Profile} profile
   */
  publish(push, profile) {
    const url = push.find(({ protocol }) => protocol === 'whip')?.url ?? '';
    this.#profile = profile;
    if (url && url === this.#url) {
      this.#applyProfile();
    } else {
      this.#disconnect();
      this.#url = url;
      this.#failures = 0;
      if (url) this.#begin(url);
    }
    return url !== '';
  }

  /** Ends sending, and lets go of camera and microphone. */
  stop() {
    this.#url = '';
    this.#disconnect();
    for (const track of this.#media?.getTracks() ?? []) track.stop();
    this.#media = null;
    this.#video.srcObject = null;
    this.#report('stopped');
  }

  /**
   * How well the stream got across since the last time this was asked; null if that is not known.
   *
   * @returns {Promise<StreamStats | null>}
   */
  async measure() {
    return this.#status === 'publishing' ? this.#session?.measure() ?? null : null;
  }

  /**
   * Whether sound or picture is sent. The track goes on, silent or black: players want both.
   *
   * @param {'audio' | 'video'} kind
   * @param {boolean} on
   */
  sends(kind, on) {
    this.#wanted[kind] = on;
    this.#applyWanted();
  }

  /**
   * The camera to use, from now on.
   *
   * @param {'environment' | 'user'} facing  away from the person, or towards
   */
  async face(facing) {
    this.#facing = facing;
    if (!this.#media) return;
    const [old] = this.#media.getVideoTracks();
    old?.stop(); // most phones open one camera at a time
    const media = await navigator.mediaDevices.getUserMedia({ video: this.#videoWish() });
    const [track] = media.getVideoTracks();
    if (!this.#media || this.#media.getVideoTracks()[0] !== old) { // stopped, or turned again, in the meantime
      track.stop();
      return;
    }
    if (old) this.#media.removeTrack(old);
    this.#media.addTrack(track);
    this.#applyWanted();
    await this.#sender('video')?.replaceTrack(track);
  }

  /** @param {string} url */
  async #begin(url) {
    try {
      if (!this.#media) this.#media = await this.#askOnce();
    } catch {
      if (url === this.#url) this.#report('refused');
      return;
    }
    this.#video.srcObject = this.#media;
    this.#video.play().catch(() => {});
    this.#applyWanted();
    if (url === this.#url) this.#connect(url);
    else if (!this.#url) this.stop();
  }

  /** Whoever moves to other addresses while the person is being asked waits for the same answer: two would be two cameras. */
  #askOnce() {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  #ask() {
    this.#report('asking');
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    return navigator.mediaDevices.getUserMedia({ audio, video: this.#videoWish() });
  }

  #videoWish() {
    const { width = 360, height = 640, fps = 15 } = this.#profile ?? {};
    return {
      facingMode: this.#facing,
      width: { ideal: Math.max(width, height) },
      height: { ideal: Math.min(width, height) },
      frameRate: { ideal: fps },
    };
  }

  /** @param {string} url */
  async #connect(url) {
    this.#report('connecting');
    const session = new MediaSession(url, () => this.#broke());
    this.#session = session;
    for (const track of this.#media?.getTracks() ?? []) {
      session.pc.addTransceiver(track, { direction: 'sendonly', streams: this.#media ? [this.#media] : [] });
    }
    try {
      await session.start();
    } catch {
      if (session === this.#session) this.#fail();
      return;
    }
    this.#failures = 0;
    this.#applyProfile();
    this.#report('publishing');
  }

  #broke() {
    this.#session = null;
    this.#report('connecting');
    this.#again();
    this.#trouble('network');
  }

  #fail() {
    this.#session = null;
    this.#failures += 1;
    this.#again();
    if (this.#failures === ATTEMPTS) this.#trouble('failed');
  }

  #again() {
    const url = this.#url;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (url && url === this.#url) this.#connect(url);
    }, RETRY_MS);
  }

  /** @param {'network' | 'failed'} why */
  #trouble(why) {
    this.dispatchEvent(new CustomEvent('trouble', { detail: why }));
  }

  #applyWanted() {
    for (const track of this.#media?.getTracks() ?? []) {
      track.enabled = this.#wanted[/** @type {'audio' | 'video'} */ (track.kind)];
    }
  }

  /** Bit rate and frame rate change on the running connection. */
  async #applyProfile() {
    const sender = this.#sender('video');
    if (!sender || !this.#profile) return;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) {
      encoding.maxBitrate = this.#profile.max_bitrate_kbps * 1_000;
      encoding.maxFramerate = this.#profile.fps;
    }
    await sender.setParameters(parameters).catch(() => {});
  }

  /** @param {string} kind */
  #sender(kind) {
    return this.#session?.pc.getSenders().find(({ track }) => track?.kind === kind);
  }

  #disconnect() {
    clearTimeout(this.#timer);
    this.#session?.close();
    this.#session = null;
  }

  /** @param {PublisherStatus} status */
  #report(status) {
    if (status === this.#status) return;
    this.#status = status;
    this.dataset.status = status;
    this.dispatchEvent(new CustomEvent('status', { detail: status }));
  }
}

customElements.define('claimcall-publisher', Publisher);
