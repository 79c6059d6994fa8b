import { claimsOf } from '../ui/token.js';

/** @import { SignIn } from '../ui/signin.js' */

/**
 * What this tab remembers of the person over reloads: that consent was given, and how the camera
 * check went. It counts for the person of the present token only.
 */
export class Memory {
  #signIn;

  /** @param {SignIn} signIn */
  constructor(signIn) {
    this.#signIn = signIn;
  }

  /** What the token says about the person. */
  get claims() {
    return claimsOf(this.#signIn.token);
  }

  get consent() {
    return this.#recall('consent') === 'given';
  }

  giveConsent() {
    this.#remember('consent', 'given');
  }

  /** What a call will be with: null before the check. */
  get media() {
    const media = this.#recall('media');
    return media === 'video' || media === 'audio' ? media : null;
  }

  /** @param {'video' | 'audio' | null} media  null to check again */
  set media(media) {
    this.#remember('media', media ?? '');
  }

  /** @param {string} name */
  #recall(name) {
    const [value, person] = (this.#signIn.recall(name) ?? '').split('\n');
    return person === this.claims.sub ? value : null;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  #remember(name, value) {
    this.#signIn.remember(name, `${value}\n${this.claims.sub}`);
  }
}
