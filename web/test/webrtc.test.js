import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iceServers } from '../sdk/webrtc.js';

test('the servers of a Link header', () => {
  const header = '<stun:s.example.org>; rel="ice-server", '
    + '<turn:t.example.org:3478?transport=udp>; rel="ice-server"; username="1763:a"; credential="b,c;d="; credential-type="password", '
    + '<https://example.org/more>; rel="next"';
  assert.deepEqual(iceServers(header), [
    { urls: 'stun:s.example.org' },
    { urls: 'turn:t.example.org:3478?transport=udp', username: '1763:a', credential: 'b,c;d=' },
  ]);
});

test('nothing in no header, and nothing in a broken one', () => {
  assert.deepEqual(iceServers(''), []);
  assert.deepEqual(iceServers('<turn:x; rel=ice-server'), []);
});
