/**
 * The words of a page: Chinese first, English on request, and the choice is remembered.
 *
 * @typedef {'zh' | 'en'} Lang
 * @typedef {Record<string, string>} Words
 */

const STORED = 'claimcall.lang';
const TAGS = { zh: 'zh-CN', en: 'en' };

export class Language {
  #words;
  /** @type {Lang} */
  #lang;

  /** @param {Record<Lang, Words>[]} dictionaries  later ones win */
  constructor(...dictionaries) {
    const of = (/** @type {Lang} */ lang) => Object.assign({}, ...dictionaries.map((words) => words[lang]));
    this.#words = { zh: /** @type {Words} */ (of('zh')), en: /** @type {Words} */ (of('en')) };
    this.#lang = localStorage.getItem(STORED) === 'en' ? 'en' : 'zh';
  }

  /** As an HTML and HTTP language tag. */
  get tag() {
    return TAGS[this.#lang];
  }

  toggle() {
    this.#lang = this.#lang === 'zh' ? 'en' : 'zh';
    localStorage.setItem(STORED, this.#lang);
  }

  /**
   * @param {string} key
   * @param {Record<string, string | number>} [values]  for `{name}` in the text
   */
  t(key, values = {}) {
    const text = this.#words[this.#lang][key] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
  }

  /**
   * A moment as people of that language write it, to the minute; the year only if it is another one.
   *
   * @param {string} time  RFC 3339
   */
  moment(time) {
    const date = new Date(time);
    const year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
    return date.toLocaleString(this.tag, { year, month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  }

  /**
   * Whether there is a word for `key`.
   *
   * @param {string} key
   */
  has(key) {
    return Object.hasOwn(this.#words[this.#lang], key);
  }

  /** Writes the fixed texts: `data-t` into elements, `data-t-NAME` into the attribute NAME. */
  apply() {
    document.documentElement.lang = this.tag;
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-t]'))) {
      element.textContent = this.t(element.dataset.t ?? '');
    }
    for (const name of ['aria-label', 'placeholder']) {
      for (const element of document.querySelectorAll(`[data-t-${name}]`)) {
        element.setAttribute(name, this.t(element.getAttribute(`data-t-${name}`) ?? ''));
      }
    }
  }
}
