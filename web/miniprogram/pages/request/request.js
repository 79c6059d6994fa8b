import { follow } from '../../lib/follow.js';
import { allowsAll, askPermissions } from '../../lib/permissions.js';
import { requestView } from '../../lib/views.js';

const CONSENT = 'claimcall.consent';

/** Consent, claim number, note, and the one button. */
Page({
  data: { claimNo: '', note: '', agreed: false },

  onLoad() {
    this.session = getApp().session;
    this.form = { claimNo: this.session.claimNo, note: '', agreed: Boolean(wx.getStorageSync(CONSENT)), sending: false, denied: '' };
    this.following = follow(this, this.session, {
      name: 'request',
      wx,
      view: () => ({ claimNo: this.form.claimNo, agreed: this.form.agreed, ...requestView(this.session, this.form) }),
    });
  },

  onUnload() {
    this.following.end();
  },

  /** @param {{detail: {value: string}}} event */
  onClaim({ detail }) {
    this.change({ claimNo: detail.value });
    this.session.rethink();
  },

  /** @param {{detail: {value: string}}} event */
  onNote({ detail }) {
    this.change({ note: detail.value });
    this.session.rethink();
  },

  onAgree() {
    const agreed = !this.form.agreed;
    if (agreed) wx.setStorageSync(CONSENT, new Date().toISOString());
    else wx.removeStorageSync(CONSENT);
    this.change({ agreed });
  },

  async onSend() {
    const { claimNo, note, agreed, sending } = this.form;
    if (sending) return;
    if (!claimNo.trim() || !agreed) {
      wx.showToast({ title: this.session.words.request.needClaim, icon: 'none' });
      return;
    }
    this.change({ sending: true });
    const denied = await askPermissions(wx);
    await this.change({ denied });
    if (denied) wx.pageScrollTo({ selector: '#denied' });
    else await this.session.request({ claimNo: claimNo.trim(), note: note.trim() });
    this.change({ sending: false });
  },

  /** @param {{detail: {authSetting: Record<string, boolean>}}} event */
  onSettings({ detail }) {
    if (allowsAll(detail.authSetting)) this.change({ denied: '' });
  },

  onTake() {
    this.session.take();
  },

  onLanguage() {
    this.session.speak(this.session.lang === 'zh' ? 'en' : 'zh');
  },

  onAgain() {
    this.session.signInAgain();
  },

  /** @param {object} change */
  change(change) {
    Object.assign(this.form, change);
    return this.following.draw();
  },
});
