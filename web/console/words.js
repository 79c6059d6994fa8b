import { en } from './words-en.js';
import { zh } from './words-zh.js';

/** @import { Lang, Words } from '../ui/language.js' */

/** @type {Record<Lang, Words>} */
export const consoleWords = { zh, en };
