import { playWebRTC } from './sdk/play-webrtc.js';
import { MediaSession } from './sdk/webrtc.js';

/** The clock in the picture, as clock_test.go describes it. */
const [COLUMNS, ROWS, CELL, CHECK, RANGE] = [8, 4, 40, 0xa5, 1 << 24];
const FPS = 30;

const canvas = document.querySelector('canvas');
const video = document.querySelector('video');

/** @param {number} stamp */
function check(stamp) {
  return (stamp ^ (stamp >> 8) ^ (stamp >> 16) ^ CHECK) & 0xff;
}

function paint(context) {
  const stamp = Date.now() % RANGE;
  const bytes = [stamp >> 16, (stamp >> 8) & 0xff, stamp & 0xff, check(stamp)];
  context.fillStyle = 'black';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = 'white';
  for (const [row, byte] of bytes.entries()) {
    for (let column = 0; column < COLUMNS; column += 1) {
      if ((byte >> (COLUMNS - 1 - column)) & 1) context.fillRect(column * CELL, row * CELL, CELL, CELL);
    }
  }
}

const eye = new OffscreenCanvas(COLUMNS * CELL, ROWS * CELL).getContext('2d', { willReadFrequently: true });

/** How old the clock in the video is in ms, or null if it can't be read. */
function delay() {
  const now = Date.now();
  eye.drawImage(video, 0, 0);
  const { data, width } = eye.getImageData(0, 0, COLUMNS * CELL, ROWS * CELL);
  const bytes = [0, 0, 0, 0];
  for (let row = 0; row < ROWS; row += 1) {
    for (let column = 0; column < COLUMNS; column += 1) {
      const pixel = (row * CELL + CELL / 2) * width + column * CELL + CELL / 2;
      bytes[row] = bytes[row] * 2 + Number(data[4 * pixel] > 127);
    }
  }
  const stamp = bytes[0] * 65536 + bytes[1] * 256 + bytes[2];
  return bytes[3] === check(stamp) ? (((now - stamp) % RANGE) + RANGE) % RANGE : null;
}

/** Publishes the clock and a tone. Returns how to end it. */
async function publish(url) {
  const context = canvas.getContext('2d');
  const [picture] = canvas.captureStream(0).getVideoTracks();
  const timer = setInterval(() => {
    paint(context);
    picture.requestFrame();
  }, 1000 / FPS);
  const audio = new AudioContext();
  const speaker = audio.createMediaStreamDestination();
  const tone = audio.createOscillator();
  tone.connect(speaker);
  tone.start();
  const session = new MediaSession(url, () => {});
  for (const track of [picture, speaker.stream.getAudioTracks()[0]]) {
    session.pc.addTransceiver(track, { direction: 'sendonly' });
  }
  await session.start();
  return () => {
    clearInterval(timer);
    session.close();
    audio.close();
  };
}

/** Plays, and notes how old the clock is in each picture from the end of the warm-up on. */
async function watch({ play, warm_up: warmUp, watching }) {
  const begin = Date.now();
  let first = 0;
  const delays = [];
  await new Promise((resolve, reject) => {
    const playing = playWebRTC(play, video, () => reject(new Error('it ended')));
    const see = () => {
      const age = delay();
      const now = Date.now();
      if (age !== null && first === 0) first = now;
      if (age !== null && now - first >= warmUp) delays.push(age);
      if (first !== 0 && now - first >= warmUp + watching) {
        playing.stop();
        resolve();
      } else {
        video.requestVideoFrameCallback(see);
      }
    };
    video.requestVideoFrameCallback(see);
  });
  return { First: first - begin, Delays: delays };
}

let stop = () => {};
for (;;) {
  const job = await (await fetch('/job')).json();
  let done = {};
  try {
    stop();
    stop = () => {};
    if (job.push) stop = await publish(job.push);
    if (job.play) done = await watch(job);
  } catch (error) {
    done = { Error: String(error) };
  }
  await fetch('/done', { method: 'POST', body: JSON.stringify(done) });
}
