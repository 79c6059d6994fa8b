import { Capture } from './capture.js';
import { MediaElement } from './element.js';
import { MediaSession } from './webrtc.js';

/** @import { Kind } from './capture.js' */
/** @import { Profile, StreamURL } from './core/wire.js' */

/**
 * <claimcall-publisher>: sends this side's camera and microphone by WHIP, and shows the own picture.
 *
 *   publisher.preview();                         // asks for both, and sends nothing yet
 *   publisher.publish(streams.push, streams.profile);
 *   publisher.sends('audio', false);             // silence, on the same connection
 *   publisher.use('video', deviceId);            // another camera; publisher.face('user') turns it
 *   publisher.stop();
 *   publisher.addEventListener('status', ({ detail }) => ...);
 *   publisher.addEventListener('devices', () => ...);
 *   publisher.addEventListener('trouble', ({ detail }) => ...);
 *
 * `trouble` asks for new addresses, and says why: `network` when a connection broke that had
 * stood, `failed` when none could be made in three attempts. It goes on trying meanwhile. `devices`
 * tells that another camera or microphone is in use.
 *
 * @typedef {'stopped' | 'asking' | 'refused' | 'connecting' | 'publishing'} PublisherStatus
 *   `asking`: the person is asked for the camera. `refused`: there is none, or the person said no; see `problem`.
 */

/** Between two attempts. */
const RETRY_MS = 1_000;
/** So many attempts in a row without a connection are trouble. */
const ATTEMPTS = 3;

/** @extends {MediaElement<PublisherStatus>} */
export class Publisher extends MediaElement {
  #capture = new Capture((track) => this.#replaced(track));
  /** @type {MediaSession | null} */
  #session = null;
  #url = '';
  /** @type {Profile | null} */
  #profile = null;
  #problem = '';
  #failures = 0;
  #timer = 0;

  constructor() {
    super();
    this.video.muted = true;
  }

  /** What is sent now; null before the person has agreed. */
  get media() {
    return this.#capture.media;
  }

  /** With `refused`: the name of the error that the browser gave, such as NotAllowedError. */
  get problem() {
    return this.#problem;
  }

  /** Asks for camera and microphone and shows the picture. Fails as getUserMedia does. */
  async preview() {
    this.#show(await this.#capture.open());
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
    this.#capture.profile = profile;
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

  /**
   * Ends sending, and lets go of camera and microphone.
   *
   * @override
   */
  stop() {
    this.#url = '';
    this.#disconnect();
    this.#capture.close();
    this.video.srcObject = null;
    super.stop();
  }

  /**
   * Whether sound or picture is sent. The track goes on, silent or black: players want both.
   *
   * @param {Kind} kind
   * @param {boolean} on
   */
  sends(kind, on) {
    this.#capture.sends(kind, on);
  }

  /** @param {Kind} kind */
  sending(kind) {
    return this.#capture.sending(kind);
  }

  /**
   * The id of the camera or microphone in use; empty if there is none.
   *
   * @param {Kind} kind
   */
  device(kind) {
    return this.#capture.device(kind);
  }

  /**
   * The camera or microphone to use, from now on. If it can't be had, the one before stays and this fails.
   *
   * @param {Kind} kind
   * @param {string} deviceId  of navigator.mediaDevices.enumerateDevices
   */
  use(kind, deviceId) {
    return this.#capture.use(kind, deviceId);
  }

  /** Where the camera looks: away from the person at first. */
  get facing() {
    return this.#capture.facing;
  }

  /**
   * The camera to use, from now on.
   *
   * @param {'environment' | 'user'} facing  away from the person, or towards
   */
  face(facing) {
    return this.#capture.face(facing);
  }

  /** Whether the camera in use has a light. Some phones know only when the picture has begun. */
  get canTorch() {
    return this.#capture.canTorch;
  }

  get torch() {
    return this.#capture.torch;
  }

  /** @param {boolean} on */
  async setTorch(on) {
    await this.#capture.setTorch(on);
    this.dispatchEvent(new CustomEvent('devices'));
  }

  /** @override */
  async stats() {
    return this.status === 'publishing' ? this.#session?.measure() ?? null : null;
  }

  /** @param {string} url */
  async #begin(url) {
    if (!this.media) this.report('asking');
    try {
      this.#show(await this.#capture.open());
    } catch (error) {
      this.#problem = error instanceof Error || error instanceof DOMException ? error.name : '';
      if (url === this.#url) this.report('refused');
      return;
    }
    if (url === this.#url) this.#connect(url);
  }

  /** @param {MediaStream} media */
  #show(media) {
    this.#problem = '';
    this.video.srcObject = media;
    this.video.play().catch(() => {});
    this.dispatchEvent(new CustomEvent('devices'));
  }

  /** @param {MediaStreamTrack} track */
  async #replaced(track) {
    this.dispatchEvent(new CustomEvent('devices'));
    await this.#sender(track.kind)?.replaceTrack(track).catch(() => {}); // the connection is gone: the next one takes it
  }

  /** @param {string} url */
  async #connect(url) {
    this.report('connecting');
    const session = new MediaSession(url, () => this.#broke());
    this.#session = session;
    for (const track of this.media?.getTracks() ?? []) {
      session.pc.addTransceiver(track, { direction: 'sendonly', streams: this.media ? [this.media] : [] });
    }
    try {
      await session.start();
    } catch {
      if (session === this.#session) this.#fail();
      return;
    }
    this.#failures = 0;
    this.#applyProfile();
    this.report('publishing');
  }

  #broke() {
    this.#session = null;
    this.report('connecting');
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
}

customElements.define('claimcall-publisher', Publisher);
