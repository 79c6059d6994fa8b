import { byId, make, onClick, setText } from '../ui/dom.js';

/** @import { Page } from '../ui/page.js' */

/** @typedef {'audioinput' | 'videoinput' | 'audiooutput'} Kind */

/** @type {Kind[]} */
const KINDS = ['audioinput', 'videoinput', 'audiooutput'];

/** Which microphone, camera and loudspeaker a call uses; the choice is kept for the next one. */
export class DeviceSheet {
  #page;
  #sheet = /** @type {HTMLDialogElement} */ (byId('devices-sheet'));

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    onClick('devices-open', () => this.open());
    for (const kind of KINDS) select(kind).addEventListener('change', () => this.#use(kind));
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#list());
  }

  async open() {
    setText('devices-problem', '');
    await this.#list();
    this.#sheet.showModal();
  }

  async #list() {
    const devices = await navigator.mediaDevices?.enumerateDevices() ?? [];
    for (const kind of KINDS) {
      const found = devices.filter((device) => device.kind === kind && device.deviceId);
      this.#fill(kind, found);
    }
  }

  /**
   * @param {Kind} kind
   * @param {MediaDeviceInfo[]} devices
   */
  #fill(kind, devices) {
    const { language, media } = this.#page;
    const options = devices.map(({ deviceId, label }, i) => {
      const option = make('option', '', label || language.t('devices.unnamed', { number: i + 1 }));
      option.value = deviceId;
      return option;
    });
    if (options.length === 0) options.push(make('option', '', language.t(`devices.none.${kind}`)));
    select(kind).replaceChildren(...options);
    select(kind).disabled = devices.length === 0;
    const used = media.deviceInUse(kind);
    if (devices.some(({ deviceId }) => deviceId === used)) select(kind).value = used;
  }

  /** @param {Kind} kind */
  async #use(kind) {
    setText('devices-problem', '');
    try {
      await this.#page.media.useDevice(kind, select(kind).value);
    } catch {
      setText('devices-problem', this.#page.language.t('devices.failed'));
      await this.#list();
    }
  }
}

/** @param {Kind} kind */
function select(kind) {
  return /** @type {HTMLSelectElement} */ (byId(`device-${kind}`));
}
