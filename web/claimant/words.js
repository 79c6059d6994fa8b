/** @import { Lang, Words } from '../ui/language.js' */

/** @type {Record<Lang, Words>} */
export const claimantWords = {
  zh: {
    'page.title': '视频查勘 - ClaimCall',
    'page.name': '视频查勘',

    'signin.title': '视频查勘',
    'signin.dev': '以演示报案人登录',
    'signin.dev.text': '当前是开发模式：点击后会生成一个演示账号，仅限本机使用。',
    'signin.token.text': '请通过保险公司发给您的链接打开本页面，它会带上您的登录信息。',

    'request.title': '请求视频查勘',
    'request.text': '查勘员会通过视频查看车辆损伤。请在车旁、光线充足的地方发起。',
    'request.claim': '报案号',
    'request.claim.placeholder': '例如 PA2026-0001',
    'request.note': '给查勘员的留言（可不填）',
    'request.note.placeholder': '例如：右前门刮伤，车在路边',
    'request.send': '发起视频查勘',

    'waiting.title': '正在为您排队',
    'waiting.ringing': '正在接通查勘员',
    'waiting.position': '您排在第 {position} 位',
    'waiting.first': '下一位就是您',
    'waiting.wait': '预计等待约 {minutes} 分钟',
    'waiting.text': '请保持页面打开。接通后会自动进入通话。',
    'waiting.time': '已等待 {time}',
    'waiting.cancel': '取消',

    'ringing.title': '查勘员来电',
    'ringing.alert': '【来电】请接听',
    'ringing.claim': '报案号',
    'ringing.left': '剩余 {seconds} 秒',
    'ringing.accept': '接听',
    'ringing.reject': '拒接',

    'call.connecting': '正在进入通话',
    'call.waiting': '等待查勘员进入',
    'call.active': '通话中',
    'call.adjuster': '查勘员',
    'call.claim': '报案号',
    'call.peer': '对方状态',
    'call.hangup': '挂断',

    'ended.title': '通话已结束',
    'ended.title.missed': '未能接通',
    'ended.again': '再次发起',
  },
  en: {
    'page.title': 'Video inspection - ClaimCall',
    'page.name': 'Video inspection',

    'signin.title': 'Video inspection',
    'signin.dev': 'Sign in as a demo claimant',
    'signin.dev.text': 'Development mode: one click makes a demo account, for this machine only.',
    'signin.token.text': 'Please open this page with the link your insurer sent you; it brings your sign-in along.',

    'request.title': 'Ask for a video inspection',
    'request.text': 'An adjuster looks at the damage by video. Stand beside the car, in good light.',
    'request.claim': 'Claim number',
    'request.claim.placeholder': 'For example PA2026-0001',
    'request.note': 'Note for the adjuster (optional)',
    'request.note.placeholder': 'For example: front right door, parked at the roadside',
    'request.send': 'Start the video inspection',

    'waiting.title': 'You are in the queue',
    'waiting.ringing': 'Calling an adjuster',
    'waiting.position': 'You are number {position}',
    'waiting.first': 'You are next',
    'waiting.wait': 'About {minutes} min to wait',
    'waiting.text': 'Please leave this page open. The call starts by itself.',
    'waiting.time': 'Waiting for {time}',
    'waiting.cancel': 'Cancel',

    'ringing.title': 'An adjuster is calling',
    'ringing.alert': '[Call] please answer',
    'ringing.claim': 'Claim number',
    'ringing.left': '{seconds} s left',
    'ringing.accept': 'Accept',
    'ringing.reject': 'Decline',

    'call.connecting': 'Entering the call',
    'call.waiting': 'Waiting for the adjuster',
    'call.active': 'In a call',
    'call.adjuster': 'Adjuster',
    'call.claim': 'Claim number',
    'call.peer': 'Other side',
    'call.hangup': 'Hang up',

    'ended.title': 'The call is over',
    'ended.title.missed': 'Not connected',
    'ended.again': 'Start again',
  },
};
