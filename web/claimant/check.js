import { byId, onClick, setText } from '../ui/dom.js';
import { Level } from './level.js';
import { browserOf, obstacleOf } from './permission.js';

/** @import { Language } from '../ui/language.js' */
/** @import { Obstacle } from './permission.js' */

/**
 * Where the check stands: `ready` with picture and sound, `sound` without a picture, `mute` when
 * not even sound can be had, or what is in the way.
 *
 * @typedef {'idle' | 'asking' | 'ready' | 'sound' | 'mute' | Obstacle} CheckState
 */

/** The camera check: the own picture, the level of the microphone, and what to do without them. */
export class Check {
  #language;
  #done;
  #video = /** @type {HTMLVideoElement} */ (byId('check-video'));
  #level;
  /** @type {MediaStream | null} */
  #media = null;
  /** @type {CheckState} */
  #state = 'idle';
  #shown = false;
  /** The camera that the person wants. */
  facing = /** @type {'environment' | 'user'} */ ('environment');

  /** @param {{language: Language, done: (media: 'video' | 'audio') => void}} options */
  constructor({ language, done }) {
    this.#language = language;
    this.#done = done;
    this.#level = new Level(byId('check-level'), () => this.#draw());
    onClick('check-open', () => (this.#state === 'sound' ? this.#open('video') : this.#open(this.#state === 'mute' ? 'audio' : 'video')));
    onClick('check-sound-only', () => this.#open('audio'));
    onClick('check-flip', () => this.#flip());
    onClick('check-done', () => this.#done(this.#state === 'ready' ? 'video' : 'audio'));
    document.addEventListener('visibilitychange', () => this.#return());
  }

  /**
   * Shows the check or ends it; camera and microphone are off while it is not shown.
   *
   * @param {boolean} shown
   */
  show(shown) {
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#close();
      this.#state = 'idle';
      if (shown) this.#openIfAllowed();
    }
    if (shown) this.#draw();
  }

  /** Nobody needs to be asked who has already said yes. */
  async #openIfAllowed() {
    const names = /** @type {PermissionName[]} */ (['camera', 'microphone']);
    try {
      const answers = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
      if (this.#shown && this.#state === 'idle' && answers.every(({ state }) => state === 'granted')) await this.#open('video');
    } catch {
      // This browser does not tell; the button asks.
    }
  }

  /** @param {'video' | 'audio'} kind */
  async #open(kind) {
    this.#close();
    this.#become('asking');
    try {
      this.#use(await this.#ask(kind), kind === 'video' ? 'ready' : 'sound');
    } catch (error) {
      const obstacle = obstacleOf(error);
      if (kind === 'audio') this.#become(obstacle === 'missing' || obstacle === 'failed' ? 'mute' : obstacle);
      else if (obstacle === 'missing') await this.#tellWhatIsMissing();
      else this.#become(obstacle);
    }
  }

  /** Without a camera the browser names none of the two: is it the microphone? */
  async #tellWhatIsMissing() {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    this.#become(devices.some(({ kind }) => kind === 'audioinput') ? 'missing' : 'mute');
  }

  /** @param {'video' | 'audio'} kind */
  #ask(kind) {
    const video = { facingMode: this.facing, width: { ideal: 1280 }, height: { ideal: 720 } };
    return navigator.mediaDevices.getUserMedia({ audio: true, video: kind === 'video' && video });
  }

  /**
   * @param {MediaStream} media
   * @param {'ready' | 'sound'} state
   */
  #use(media, state) {
    if (!this.#shown) {
      stop(media);
      return;
    }
    this.#media = media;
    this.#video.srcObject = state === 'ready' ? media : null;
    if (state === 'ready') this.#video.play().catch(() => {});
    this.#level.listen(media);
    byId('check').dataset.facing = this.facing;
    this.#become(state);
  }

  async #flip() {
    this.facing = this.facing === 'user' ? 'environment' : 'user';
    await this.#open('video');
  }

  /** Phones take the camera away from hidden pages: open it again. */
  #return() {
    const gone = this.#media?.getTracks().some(({ readyState }) => readyState === 'ended');
    if (!document.hidden && gone) this.#open(this.#state === 'ready' ? 'video' : 'audio');
  }

  #close() {
    this.#level.stop();
    if (this.#media) stop(this.#media);
    this.#media = null;
    this.#video.srcObject = null;
  }

  /** @param {CheckState} state */
  #become(state) {
    this.#state = state;
    if (this.#shown) this.#draw();
  }

  #draw() {
    const state = this.#state;
    const t = (/** @type {string} */ key) => this.#language.t(key);
    const works = state === 'ready' || state === 'sound';
    byId('check').dataset.state = state;
    setText('check-title', t(`check.title.${state}`));
    setText('check-text', t(`check.text.${state}`));
    setText('check-help', state === 'denied' ? t(`denied.${browserOf(navigator.userAgent)}`) : '');
    byId('check-view').hidden = state !== 'ready';
    byId('check-sound').hidden = !works;
    setText('check-heard', works ? t(this.#level.heard ? 'check.heard' : 'check.quiet') : '');
    byId('check-open').textContent = t(state === 'sound' ? 'check.back' : state === 'idle' ? 'check.open.idle' : 'check.retry');
    byId('check-open').hidden = state === 'ready' || state === 'asking';
    byId('check-open').classList.toggle('primary', state !== 'sound');
    byId('check-done').hidden = !works;
    byId('check-done').textContent = works ? t(`check.done.${state}`) : '';
    byId('check-sound-only').hidden = works || state === 'idle' || state === 'asking' || state === 'mute' || state === 'insecure';
  }
}

/** @param {MediaStream} media */
function stop(media) {
  for (const track of media.getTracks()) track.stop();
}
