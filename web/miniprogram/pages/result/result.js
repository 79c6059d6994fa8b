import { follow } from '../../lib/follow.js';
import { resultView } from '../../lib/views.js';

/** How it ended, in words, and what is next. */
Page({
  onLoad() {
    this.session = getApp().session;
    this.following = follow(this, this.session, { name: 'result', wx, view: () => resultView(this.session) });
  },

  onUnload() {
    this.following.end();
  },

  onDone() {
    this.session.dismiss();
  },

  onAgain() {
    this.session.signInAgain();
  },
});
