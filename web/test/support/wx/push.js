import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A camera and a microphone that publish by RTMP, as live-pusher would: small, so that it costs little. */
export class Push {
  #child;

  /** @param {string} url */
  constructor(url) {
    const picture = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=5'];
    const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'];
    const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '5', '-pix_fmt', 'yuv420p'];
    const audio = ['-c:a', 'aac', '-b:a', '32k'];
    const args = ['-v', 'quiet', '-nostdin', '-re', ...picture, '-re', ...sound, ...video, ...audio, '-f', 'flv', url];
    this.#child = spawn('ffmpeg', args, { stdio: 'ignore' });
    this.exited = once(this.#child, 'exit').catch(() => {});
  }

  async stop() {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}
