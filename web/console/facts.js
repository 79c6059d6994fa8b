import { byId, setText } from '../ui/dom.js';

/**
 * Fills one row of a list of facts; a fact that is not known takes no room.
 *
 * @param {string} id
 * @param {string | undefined} text
 */
export function drawRow(id, text) {
  setText(id, text ?? '');
  byId(`${id}-row`).hidden = !text;
}
