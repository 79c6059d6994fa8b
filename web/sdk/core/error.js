/**
 * What a command or a connection fails with. `code` is stable: either one of the hub's codes
 * (protocol/PROTOCOL.md) or one of ours:
 *
 * - `stale`: there was no connection while the command was still meant. It did not happen.
 * - `timeout`: it went out, and no answer came in time. It may have happened; the state will say.
 * - `lost`: the same, of a command that must not be sent twice, as soon as the connection breaks.
 * - `closed`: the client was closed, or the hub said not to come back.
 */
export class ClaimCallError extends Error {
  /**
   * @param {string} code
   * @param {string} message  safe to show
   * @param {{retry?: boolean, reason?: string}} [more]
   */
  constructor(code, message, { retry = false, reason } = {}) {
    super(message);
    this.name = 'ClaimCallError';
    this.code = code;
    /** Whether the same command may succeed later. */
    this.retry = retry;
    /** With `call_ended`: how the call ended. */
    this.reason = reason;
  }
}
