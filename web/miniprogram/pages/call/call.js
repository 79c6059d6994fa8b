import { done, playerDevice, pusherDevice } from '../../lib/devices.js';
import { follow } from '../../lib/follow.js';
import { Media } from '../../lib/media.js';
import { allowsAll } from '../../lib/permissions.js';
import { callView } from '../../lib/views.js';

/** The call: what the claimant shows is large, the adjuster is small; a tap swaps them. */
Page({
  onLoad() {
    this.session = getApp().session;
    this.controls = { muted: false, rear: true, torch: false, large: 'own' };
    this.setData({ waitingImage: this.session.waitingImage });
    this.media = new Media({
      client: this.session.client,
      pusher: pusherDevice(() => this.pusher()),
      player: playerDevice(() => this.player()),
      apply: () => this.draw(),
    });
    this.following = follow(this, this.session, { name: 'call', wx, view: () => this.view() });
    this.offReturn = this.session.onReturn((moved) => this.media.back(moved));
    wx.setKeepScreenOn({ keepScreenOn: true });
  },

  onUnload() {
    wx.setKeepScreenOn({ keepScreenOn: false });
    this.offReturn();
    this.following.end();
    this.media.end();
  },

  /** @param {{detail: {code: number}}} event */
  onPusherState({ detail }) {
    this.media.pusherSaid(detail.code);
  },

  /** @param {{detail: {info: object}}} event */
  onPusherNet({ detail }) {
    this.media.measured('push', detail.info);
  },

  /** Older versions of WeChat tell a missing permission in this way only. @param {{detail: {errCode: number}}} event */
  onPusherError({ detail }) {
    this.media.pusherSaid(detail.errCode);
  },

  /** @param {{detail: {code: number}}} event */
  onPlayerState({ detail }) {
    this.media.playerSaid(detail.code);
  },

  /** @param {{detail: {info: object}}} event */
  onPlayerNet({ detail }) {
    this.media.measured('play', detail.info);
  },

  onMute() {
    this.control({ muted: !this.controls.muted });
  },

  onCamera() {
    this.media.camera(!this.media.view.camera);
  },

  /** A light that is on goes out with its camera. */
  async onFlip() {
    if (this.controls.torch) await this.onTorch();
    if (await done(this.pusher(), 'switchCamera')) this.control({ rear: !this.controls.rear });
  },

  async onTorch() {
    if (await done(this.pusher(), 'toggleTorch')) this.control({ torch: !this.controls.torch });
    else wx.showToast({ title: this.session.words.call.noTorch, icon: 'none' });
  },

  onSwap() {
    this.control({ large: this.controls.large === 'own' ? 'theirs' : 'own' });
  },

  onSoundOnly() {
    this.media.camera(false);
  },

  onKeepPicture() {
    this.media.camera(true);
  },

  /** @param {{detail: {authSetting: Record<string, boolean>}}} event */
  onSettings({ detail }) {
    if (allowsAll(detail.authSetting)) this.media.allowed();
  },

  onHangup() {
    this.session.hangup();
  },

  onAgain() {
    this.session.signInAgain();
  },

  /** The components are there once they have an address. */
  pusher() {
    return this.data.push ? wx.createLivePusherContext() : null;
  },

  player() {
    return this.data.play ? wx.createLivePlayerContext('player', this) : null;
  },

  view() {
    const { view } = this.media;
    const { push, play, generation, camera, propose } = view;
    return { push, play, generation, camera, propose, ...callView(this.session, view, this.controls) };
  },

  /** The media may have something to show before anybody follows it. */
  async draw() {
    await this.following?.draw();
  },

  /** @param {object} change */
  control(change) {
    Object.assign(this.controls, change);
    this.draw();
  },
});
