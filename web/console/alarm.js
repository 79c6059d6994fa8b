import { Ring } from '../ui/ring.js';
import { showNotification } from './notify.js';

/** @import { Invite } from '../sdk/core/state.js' */
/** @import { Language } from '../ui/language.js' */
/** @import { Tabs } from './tabs.js' */

/** Held by the one tab whose sound is on: two tabs must not chime against each other. */
const SOUND = 'claimcall.console.sound';

/** How a call makes itself known: sound, the title of the tab, and a notification on the desktop. */
export class Alarm {
  #language;
  #tabs;
  #ring = new Ring();
  /** @type {string | null} */
  #call = null;
  /** @type {() => void} */
  #hush = () => {};
  /** @type {Notification | null} */
  #notification = null;

  /**
   * @param {Language} language
   * @param {Tabs} tabs
   */
  constructor(language, tabs) {
    this.#language = language;
    this.#tabs = tabs;
  }

  /** @param {Invite | null} invite  the call that rings now */
  draw(invite) {
    const call = invite && !this.#tabs.isAnswering(invite.call.id) ? invite.call.id : null;
    if (call !== this.#call) {
      this.#stop();
      this.#call = call;
      if (invite && call) this.#start(invite);
    }
    if (!this.#ring.ringing) document.title = this.#language.t('page.title');
  }

  /** @param {Invite} invite */
  #start({ call }) {
    const t = (/** @type {string} */ key) => this.#language.t(key);
    this.#ring.start(t('ringing.alert'), { silent: true });
    this.#claimSound();
    const name = call.legs.claimant.name || call.legs.claimant.user;
    this.#notification = showNotification(t('ringing.title'), `${name} · ${call.claim_no}`, call.id);
  }

  /** Without locks, as on a page that is not served securely, every tab has its sound. */
  #claimSound() {
    if (!navigator.locks) {
      this.#ring.chime();
      return;
    }
    const over = new AbortController();
    const ended = new Promise((resolve) => {
      this.#hush = () => {
        over.abort();
        resolve(undefined);
      };
    });
    navigator.locks.request(SOUND, { signal: over.signal }, () => {
      this.#ring.chime();
      return ended;
    }).catch(() => {}); // it was over before this tab had its turn
  }

  #stop() {
    this.#hush();
    this.#hush = () => {};
    this.#ring.stop();
    this.#notification?.close();
    this.#notification = null;
  }
}
