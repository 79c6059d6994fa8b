// Package wechat finds out who uses a mini-program: it trades the code of wx.login for the user's openid at WeChat's
// code2Session.
package wechat
