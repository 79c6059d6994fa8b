import { follow } from '../../lib/follow.js';
import { ringingView } from '../../lib/views.js';

/** Between two shakes of the phone. */
const SHAKE_MS = 2_000;

/** An adjuster calls this claimant directly. */
Page({
  onLoad() {
    this.session = getApp().session;
    this.following = follow(this, this.session, { name: 'ringing', wx, view: () => ringingView(this.session) });
    const shake = () => wx.vibrateLong({ fail: () => {} });
    shake();
    this.shaking = setInterval(shake, SHAKE_MS);
  },

  onUnload() {
    clearInterval(this.shaking);
    this.following.end();
  },

  onAccept() {
    this.session.accept();
  },

  onReject() {
    this.session.reject();
  },

  onAgain() {
    this.session.signInAgain();
  },
});
