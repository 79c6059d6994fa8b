import { execFileSync } from 'node:child_process';

/** Some seconds of a test picture and a tone, as a phone would publish them, in one FLV file. */
export function aRecording(seconds = 6) {
  const args = [
    '-v error',
    '-f lavfi -i testsrc2=size=320x240:rate=15',
    '-f lavfi -i sine=frequency=440:sample_rate=48000',
    `-t ${seconds} -c:v libx264 -preset ultrafast -tune zerolatency -profile:v baseline -pix_fmt yuv420p`,
    '-bf 0 -g 15 -c:a aac -ar 48000 -f flv -',
  ];
  return execFileSync('ffmpeg', args.join(' ').split(' '), { maxBuffer: 16 << 20 });
}
