/**
 * The keyboard: one key for each action. Letters count by their place on the keyboard, so that they work under a
 * Chinese input method; while somebody types, only together with Alt.
 *
 * @typedef {'accept' | 'reject' | 'ready' | 'away' | 'mute' | 'camera' | 'devices' | 'full' | 'pip' | 'notes' | 'hangup'
 *   | 'here' | 'queue' | 'search' | 'invite' | 'language' | 'help' | 'back'} Action
 *
 * @typedef {object} Key
 * @property {Action} action
 * @property {string} code
 * @property {boolean} [shift]
 * @property {string} label  as it is written on the keyboard
 */

/** @type {Key[]} */
export const KEYS = [
  { action: 'accept', code: 'KeyA', label: 'A' },
  { action: 'reject', code: 'KeyD', label: 'D' },
  { action: 'ready', code: 'KeyR', label: 'R' },
  { action: 'away', code: 'KeyB', label: 'B' },
  { action: 'mute', code: 'KeyM', label: 'M' },
  { action: 'camera', code: 'KeyC', label: 'C' },
  { action: 'devices', code: 'KeyG', label: 'G' },
  { action: 'full', code: 'KeyF', label: 'F' },
  { action: 'pip', code: 'KeyP', label: 'P' },
  { action: 'notes', code: 'KeyN', label: 'N' },
  { action: 'hangup', code: 'KeyH', shift: true, label: 'Shift H' },
  { action: 'here', code: 'KeyT', label: 'T' },
  { action: 'queue', code: 'KeyQ', label: 'Q' },
  { action: 'search', code: 'Slash', label: '/' },
  { action: 'invite', code: 'KeyI', label: 'I' },
  { action: 'language', code: 'KeyL', label: 'L' },
  { action: 'help', code: 'Slash', shift: true, label: '?' },
  { action: 'back', code: 'Escape', label: 'Esc' },
];

/** Whether letters act at all, remembered: software that types for people may press them by mistake. */
const STORED = 'claimcall.console.keys';

/** What becomes of a key. */
export class Keyboard {
  #actions;

  /** @param {Record<Action, () => unknown>} actions */
  constructor(actions) {
    this.#actions = actions;
    addEventListener('keydown', (event) => this.#press(event));
  }

  get on() {
    return localStorage.getItem(STORED) !== 'off';
  }

  set on(on) {
    localStorage.setItem(STORED, on ? 'on' : 'off');
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const action = actionOf(event, isTyping(event.target));
    if (!action || event.repeat || event.isComposing || (!this.on && action !== 'back')) return;
    if (document.querySelector('dialog[open]')) return; // it has the keyboard to itself
    event.preventDefault();
    this.#actions[action]();
  }
}

/**
 * Pure: the action of a key, or null.
 *
 * @param {Pick<KeyboardEvent, 'code' | 'key' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'>} event
 * @param {boolean} typing
 * @returns {Action | null}
 */
export function actionOf({ code, key, shiftKey, altKey, ctrlKey, metaKey }, typing) {
  if (ctrlKey || metaKey) return null;
  if (typing && !altKey && code !== 'Escape') return null;
  const shift = shiftKey || key === '?'; // not every keyboard has it above the slash
  return KEYS.find((it) => it.code === (key === '?' ? 'Slash' : code) && Boolean(it.shift) === shift)?.action ?? null;
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox';
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
