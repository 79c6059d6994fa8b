import { en } from './words.en.js';
import { zh } from './words.zh.js';

/** @typedef {'zh' | 'en'} Lang */

const STORED = 'claimcall.lang';

/** @type {Record<Lang, typeof zh>} */
export const words = { zh, en };

/**
 * What the person chose before; else what WeChat is set to. Chinese, unless that is clearly another language.
 *
 * @param {any} wx
 * @returns {Lang}
 */
export function languageOf(wx) {
  const chosen = wx.getStorageSync(STORED);
  if (chosen === 'zh' || chosen === 'en') return chosen;
  const { language = 'zh' } = wx.getAppBaseInfo?.() ?? {};
  return /^zh/i.test(language || 'zh') ? 'zh' : 'en';
}

/**
 * @param {any} wx
 * @param {Lang} lang
 */
export function remember(wx, lang) {
  wx.setStorageSync(STORED, lang);
}

/**
 * Puts values where the words have `{name}`.
 *
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}
