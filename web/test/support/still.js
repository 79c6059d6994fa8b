import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from './browser.js';

/** What a camera sees: the damaged door of a car, or an adjuster at a desk. */
const SIZES = { car: [1280, 720], adjuster: [640, 360] };

/**
 * A camera, and a microphone that hears next to nothing, as files for Chromium's fake devices. The picture is drawn
 * in ./pictures, and moves a little, as pictures from a hand do.
 *
 * @param {keyof typeof SIZES} name
 * @param {string} folder
 */
export async function stillCamera(name, folder) {
  const [width, height] = SIZES[name];
  const drawing = readFileSync(new URL(`./pictures/${name}.svg`, import.meta.url), 'utf8');
  const [still, video, audio] = [`${name}.png`, `${name}.y4m`, `${name}.wav`].map((file) => join(folder, file));
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width, height } });
  await page.setContent(`<style>body { margin: 0 }</style>${drawing}`);
  await page.screenshot({ path: still });
  await browser.close();
  const sway = `scale=${width + 32}:-2,crop=${width}:${height}:'8+7*sin(n/9)':'8+6*cos(n/7)',format=yuv420p`;
  ffmpeg(['-loop', '1', '-framerate', '15', '-t', '4', '-i', still, '-vf', sway, video]);
  ffmpeg(['-f', 'lavfi', '-t', '4', '-i', 'anoisesrc=amplitude=0.01:sample_rate=48000', audio]);
  return { video, audio };
}

/** @param {string[]} args */
function ffmpeg(args) {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { stdio: 'ignore' });
}
