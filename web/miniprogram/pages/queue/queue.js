import { follow } from '../../lib/follow.js';
import { queueView } from '../../lib/views.js';

/** The wait: the live place, how long it may take, and a way out that asks once. */
Page({
  onLoad() {
    this.session = getApp().session;
    this.following = follow(this, this.session, { name: 'queue', wx, view: () => queueView(this.session) });
    wx.setKeepScreenOn({ keepScreenOn: true });
  },

  onUnload() {
    wx.setKeepScreenOn({ keepScreenOn: false });
    this.following.end();
  },

  onCancel() {
    const { sure, yes, no } = this.session.words.queue;
    wx.showModal({
      content: sure,
      confirmText: yes,
      cancelText: no,
      success: ({ confirm }) => {
        if (confirm) this.session.cancel();
      },
    });
  },

  onAgain() {
    this.session.signInAgain();
  },
});
