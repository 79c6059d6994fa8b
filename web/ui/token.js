/**
 * What a token says about its holder, for the page to show. Nothing is decided by it: only the
 * hub can tell whether a token is genuine.
 *
 * @typedef {object} TokenClaims
 * @property {string} sub  who it is for; empty if it can't be read
 * @property {string} name
 * @property {string} claimNo  the one claim that it is for; empty for any
 */

/**
 * @param {string | null} token
 * @returns {TokenClaims}
 */
export function claimsOf(token) {
  const claims = payload(token ?? '');
  const text = (/** @type {string} */ name) => (typeof claims[name] === 'string' ? claims[name] : '');
  return { sub: text('sub'), name: text('name'), claimNo: text('claim_no') };
}

/**
 * @param {string} token
 * @returns {Record<string, unknown>}
 */
function payload(token) {
  const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  try {
    const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return claims !== null && typeof claims === 'object' ? claims : {};
  } catch {
    return {};
  }
}
