import { byId, make } from '../ui/dom.js';
import { KEYS } from './keys.js';

/** @import { Language } from '../ui/language.js' */
/** @import { Keyboard } from './keys.js' */

/** The overlay that lists the keys, and switches them off for those who cannot use them. */
export class KeyHelp {
  #language;
  #sheet = /** @type {HTMLDialogElement} */ (byId('keys-sheet'));
  #switch = /** @type {HTMLInputElement} */ (byId('keys-on'));

  /**
   * @param {Language} language
   * @param {Keyboard} keyboard
   */
  constructor(language, keyboard) {
    this.#language = language;
    this.#switch.checked = keyboard.on;
    document.body.classList.toggle('keyless', !keyboard.on);
    this.#switch.addEventListener('change', () => {
      keyboard.on = this.#switch.checked;
      document.body.classList.toggle('keyless', !keyboard.on);
    });
  }

  open() {
    const lines = KEYS.map(({ action, label }) => make('div', '', [
      make('dt', '', label.split(' ').map((part) => make('kbd', '', part))),
      make('dd', '', this.#language.t(`keys.${action}`)),
    ]));
    byId('keys-list').replaceChildren(...lines);
    this.#sheet.showModal();
  }
}
