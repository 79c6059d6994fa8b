import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * What one side sends: a picture of seven columns, a letter for each (k black, b blue, g green,
 * c cyan, r red, m magenta, y yellow, w white), and a tone. Both survive every codec. The tone is
 * broken, because browsers take a steady one for noise and remove it.
 *
 * @typedef {object} Scene
 * @property {string} picture
 * @property {number} hz
 */

/** @type {Scene} */
export const CLAIMANT = { picture: 'wycgmrb', hz: 440 };
/** @type {Scene} */
export const ADJUSTER = { picture: 'rrrrrrr', hz: 1000 };

const COLUMNS = 7;
const WIDTH = 8 * COLUMNS;
const HEIGHT = 32;
const SECONDS = 4;
const RATE = 8_000;

/** @param {Scene} scene */
function sources({ picture, hz }) {
  const video = picture === CLAIMANT.picture ? 'smptebars=size=640x360:rate=15' : 'color=c=red:size=640x360:rate=15';
  const audio = `aevalsrc='0.5*sin(2*PI*${hz}*t)*lt(mod(t,0.5),0.35)':sample_rate=48000`;
  return ['-f', 'lavfi', '-t', `${SECONDS}`, '-i', video, '-f', 'lavfi', '-t', `${SECONDS}`, '-i', audio];
}

/**
 * The scene as files for Chromium's fake devices: its camera and its microphone.
 *
 * @param {Scene} scene
 * @param {string} folder
 */
export function deviceFiles(scene, folder) {
  const video = join(folder, `${scene.hz}.y4m`);
  const audio = join(folder, `${scene.hz}.wav`);
  ffmpeg([...sources(scene), '-map', '0:v', '-pix_fmt', 'yuv420p', video, '-map', '1:a', audio]);
  return { video, audio };
}

/**
 * The scene as a file to publish with ffmpeg.
 *
 * @param {Scene} scene
 * @param {string} folder
 */
export function sceneFile(scene, folder) {
  const file = join(folder, `${scene.hz}.mkv`);
  ffmpeg([...sources(scene), '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file]);
  return file;
}

/**
 * The scene of a recording, at its end, and its codecs. A recording that goes on growing may be
 * looked at as well.
 *
 * @param {string} file
 * @returns {Scene & {codecs: string[], seconds: number}}
 */
export function sceneOf(file) {
  const frames = ffmpeg(['-i', file, '-an', '-vf', `scale=${WIDTH}:${HEIGHT}`, '-pix_fmt', 'rgba', '-f', 'rawvideo', '-']);
  const size = WIDTH * HEIGHT * 4;
  const last = frames.subarray(frames.length - size);
  const sound = ffmpeg(['-i', file, '-vn', '-ac', '1', '-ar', `${RATE}`, '-f', 's16le', '-']);
  const samples = new Int16Array(sound.buffer, sound.byteOffset, sound.length >> 1);
  return { picture: pictureOf(last), hz: toneOf(samples), codecs: codecsOf(file), seconds: samples.length / RATE };
}

/** @param {string} file */
function codecsOf(file) {
  const args = ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', file];
  return execFileSync('ffprobe', args, { encoding: 'utf8' }).trim().split(/\s+/).sort();
}

/** @param {string[]} args */
function ffmpeg(args) {
  return execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { maxBuffer: 256 << 20, stdio: ['ignore', 'pipe', 'ignore'] });
}

/**
 * The colours of a frame in its upper half, where colour bars are plain.
 *
 * @param {ArrayLike<number>} rgba  WIDTH by HEIGHT pixels
 */
export function pictureOf(rgba) {
  let picture = '';
  for (let column = 0; column < COLUMNS; column += 1) {
    const sum = [0, 0, 0];
    for (let y = 2; y < HEIGHT / 2; y += 1) {
      for (let x = 8 * column + 2; x < 8 * column + 6; x += 1) {
        for (let channel = 0; channel < 3; channel += 1) sum[channel] += rgba[(y * WIDTH + x) * 4 + channel];
      }
    }
    const pixels = (HEIGHT / 2 - 2) * 4;
    const bits = sum.map((s) => Number(s / pixels > 96));
    picture += 'kbgcrmyw'[4 * bits[0] + 2 * bits[1] + bits[2]];
  }
  return picture;
}

/**
 * The tone of the two scenes that is to be heard somewhere in the samples, or 0.
 *
 * @param {Int16Array} samples
 */
function toneOf(samples) {
  const window = RATE / 5;
  const heard = [CLAIMANT.hz, ADJUSTER.hz].map((hz) => {
    let most = 0;
    for (let at = 0; at + window <= samples.length; at += window / 2) {
      most = Math.max(most, share(samples.subarray(at, at + window), hz));
    }
    return most;
  });
  if (Math.max(...heard) < 0.5) return 0;
  return heard[0] > heard[1] ? CLAIMANT.hz : ADJUSTER.hz;
}

/**
 * How much of the energy of the samples is a sine of that frequency: Goertzel's algorithm.
 *
 * @param {Int16Array} samples
 * @param {number} hz
 */
function share(samples, hz) {
  const factor = 2 * Math.cos((2 * Math.PI * hz) / RATE);
  let [last, before, energy] = [0, 0, 0];
  for (const x of samples) {
    [last, before] = [x + factor * last - before, last];
    energy += x * x;
  }
  if (energy < samples.length * 1_000) return 0; // silence
  return (2 * (last * last + before * before - factor * last * before)) / (energy * samples.length);
}

/**
 * Run inside a page, by `page.evaluate`: one frame of the player's picture in RGBA, and the
 * frequency that is loudest in its sound now; 0 for silence.
 *
 * @param {{width: number, height: number}} size
 */
export function lookAtPlayer({ width, height }) {
  const video = /** @type {HTMLVideoElement} */ (document.querySelector('claimcall-player video'));
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(video, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);

  const rgba = Array.from(data);
  // Between two connections there is nothing to be heard.
  if (video.srcObject instanceof MediaStream && video.srcObject.getAudioTracks().length === 0) return { rgba, hz: 0 };

  const ears = /** @type {{ear?: {source: MediaProvider | null, analyser: AnalyserNode}}} */ (/** @type {unknown} */ (globalThis));
  if (!ears.ear || ears.ear.source !== video.srcObject) {
    const audio = new AudioContext();
    const analyser = new AnalyserNode(audio, { fftSize: 4096, smoothingTimeConstant: 0 });
    const source = video.srcObject instanceof MediaStream
      ? audio.createMediaStreamSource(video.srcObject)
      : audio.createMediaElementSource(video);
    source.connect(analyser);
    ears.ear = { source: video.srcObject, analyser };
  }
  const { analyser } = ears.ear;
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const loudest = levels.indexOf(Math.max(...levels));
  const hz = levels[loudest] > -60 ? (loudest * analyser.context.sampleRate) / analyser.fftSize : 0;
  return { rgba, hz };
}

export const LOOK = { width: WIDTH, height: HEIGHT };
