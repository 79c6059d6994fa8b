import { byId, onClick } from './dom.js';

/** @import { Streams } from '../sdk/core/wire.js' */
/** @import { Language } from './language.js' */

/**
 * A command that publishes a test picture and a tone to `url`, in the form phones publish in.
 *
 * @param {string} url
 * @param {Streams['profile']} profile
 */
export function ffmpegCommand(url, profile) {
  const { width, height, fps, max_bitrate_kbps: kbps } = profile;
  return [
    'ffmpeg -re',
    `-f lavfi -i testsrc2=size=${width}x${height}:rate=${fps}`,
    '-f lavfi -i sine=frequency=440:sample_rate=48000',
    '-c:v libx264 -preset ultrafast -tune zerolatency -profile:v baseline -pix_fmt yuv420p',
    `-bf 0 -g ${2 * fps} -b:v ${kbps}k`,
    '-c:a aac -ar 48000 -f flv',
    `'${url.replaceAll("'", "'\\''")}'`,
  ].join(' ');
}

/**
 * Fills the panel with this side's addresses; without an RTMP address to push to it is hidden.
 *
 * @param {Streams | null} streams
 */
export function showPublish(streams) {
  const push = streams?.push.find(({ protocol }) => protocol === 'rtmp');
  byId('publish').hidden = !push;
  if (!streams || !push) return;
  setValue('publish-command', ffmpegCommand(push.url, streams.profile));
  setValue('publish-push', push.url);
  setValue('publish-play', streams.play.map(({ url }) => url).join('\n'));
}

/**
 * Makes the copy buttons of the panel work: each copies the field its `data-copy` names.
 *
 * @param {Language} language
 */
export function wirePublish(language) {
  for (const button of document.querySelectorAll('[data-copy]')) {
    onClick(button.id, async () => {
      const field = /** @type {HTMLTextAreaElement} */ (byId(button.getAttribute('data-copy') ?? ''));
      field.select();
      await navigator.clipboard?.writeText(field.value).catch(() => {});
      button.textContent = language.t('publish.copied');
      setTimeout(() => {
        button.textContent = language.t('publish.copy');
      }, 1_500);
    });
  }
}

/**
 * @param {string} id
 * @param {string} value
 */
function setValue(id, value) {
  const field = /** @type {HTMLTextAreaElement} */ (byId(id));
  if (field.value !== value) field.value = value;
}
