import { byId, make, onClick, setText } from '../ui/dom.js';

/** @import { Page } from './page.js' */

/** @typedef {'audioinput' | 'videoinput' | 'audiooutput'} Kind */

/** @type {Kind[]} */
const KINDS = ['audioinput', 'videoinput', 'audiooutput'];

/** The devices that were chosen, by kind. */
const STORED = 'claimcall.console.devices';

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
    page.client.on('welcome', () => this.#remember());
  }

  /** Goes on with what was chosen before, as far as it is still there. */
  async #remember() {
    const chosen = JSON.parse(localStorage.getItem(STORED) ?? '{}');
    const devices = await navigator.mediaDevices?.enumerateDevices() ?? [];
    for (const { kind, deviceId } of devices) {
      const { media } = this.#page;
      if (deviceId && chosen[kind] === deviceId && media.deviceInUse(kind) !== deviceId) await media.useDevice(kind, deviceId).catch(() => {});
    }
  }

  async open() {
    setText('devices-problem', '');
    await this.#list();
    this.#sheet.showModal();
  }

  async #list() {
    const devices = await navigator.mediaDevices?.enumerateDevices() ?? [];
    for (const kind of KINDS) {
      const usable = kind !== 'audiooutput' || this.#page.media.player.canUseOutput;
      const found = devices.filter((device) => usable && device.kind === kind && device.deviceId);
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
    const used = media.deviceInUse(kind) || 'default';
    if (devices.some(({ deviceId }) => deviceId === used)) select(kind).value = used;
  }

  /** @param {Kind} kind */
  async #use(kind) {
    setText('devices-problem', '');
    try {
      const id = select(kind).value;
      await this.#page.media.useDevice(kind, id);
      const chosen = JSON.parse(localStorage.getItem(STORED) ?? '{}');
      localStorage.setItem(STORED, JSON.stringify({ ...chosen, [kind]: id }));
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
