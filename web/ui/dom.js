/**
 * The element with that id, which the page is known to have.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return /** @type {T} */ (element);
}

/**
 * A new element with that class, text or children.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {string | Node[]} [content]
 */
export function make(tag, className, content = []) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (typeof content === 'string') element.textContent = content;
  else element.append(...content);
  return element;
}

/**
 * Shows one of the page's `data-screen` sections and hides the others; a section may serve several
 * screens. A reader of the screen hears the heading of the new one.
 *
 * @param {string} name
 */
export function showScreen(name) {
  const sections = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-screen]'));
  for (const section of sections) {
    const chosen = (section.dataset.screen ?? '').split(' ').includes(name);
    const appears = chosen && section.hidden;
    section.hidden = !chosen;
    if (appears) section.querySelector('h1')?.focus();
  }
}

/**
 * Writes a text, only if it differs, so that live regions do not speak without need; an empty
 * text hides the element.
 *
 * @param {string} id
 * @param {string} text
 */
export function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === '';
}

/**
 * Runs an action on a click, with the button out of reach until it is done.
 *
 * @param {string} id
 * @param {() => unknown} action
 */
export function onClick(id, action) {
  const button = /** @type {HTMLButtonElement} */ (byId(id));
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await action();
    } finally {
      button.disabled = false;
    }
  });
}
