import { config } from './config.js';
import { Session } from './lib/session.js';

App({
  /** @param {{query?: Record<string, string>}} options */
  onLaunch({ query } = {}) {
    this.session = new Session({ wx, config });
    this.session.start(query);
  },
});
