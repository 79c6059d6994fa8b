/** @typedef {'on' | 'ask' | 'off' | 'none'} Permission  `none`: this browser has no notifications */

const WORDS = /** @type {const} */ ({ granted: 'on', default: 'ask', denied: 'off' });

/**
 * Whether the desktop may show a call while the console is behind other windows.
 *
 * @returns {Permission}
 */
export function notificationPermission() {
  return 'Notification' in globalThis ? WORDS[Notification.permission] : 'none';
}

/** Asks the person, once; has to come from a click or a key. */
export async function askForNotifications() {
  if (notificationPermission() === 'ask') await Notification.requestPermission();
}

/**
 * Shows a notification whose click brings this tab to the front. Several tabs with the same `tag` show one.
 *
 * @param {string} title
 * @param {string} body
 * @param {string} tag
 * @returns {Notification | null}
 */
export function showNotification(title, body, tag) {
  if (notificationPermission() !== 'on') return null;
  try {
    const notification = new Notification(title, { body, tag, icon: '/ui/mark.svg', requireInteraction: true });
    notification.addEventListener('click', () => {
      focus();
      notification.close();
    });
    return notification;
  } catch {
    return null; // Android shows notifications of service workers only
  }
}
