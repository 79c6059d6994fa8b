/** What a call needs, in WeChat's words. */
const SCOPES = /** @type {const} */ ([
  ['scope.camera', 'camera'],
  ['scope.record', 'microphone'],
]);

/**
 * Asks for camera and microphone before the queue, not in the middle of the call. WeChat asks the person once; after a "no" only
 * the settings help.
 *
 * @param {any} wx
 * @returns {Promise<'' | 'camera' | 'microphone' | 'both'>}  what is not allowed
 */
export async function askPermissions(wx) {
  /** @type {('camera' | 'microphone')[]} */
  const denied = [];
  for (const [scope, name] of SCOPES) {
    const allowed = await new Promise((resolve) => {
      wx.authorize({ scope, success: () => resolve(true), fail: () => resolve(false) });
    });
    if (!allowed) denied.push(name);
  }
  return denied.length > 1 ? 'both' : denied[0] ?? '';
}

/**
 * Whether the settings, as bindopensetting tells them, allow all that is needed.
 *
 * @param {Record<string, boolean>} settings
 */
export function allowsAll(settings) {
  return SCOPES.every(([scope]) => settings[scope] === true);
}
