import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

/** Flags for Debian's Chromium without a screen; sound may start without a click. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

/**
 * Starts Debian's Chromium.
 *
 * @param {{video: string, audio: string}} [devices]  files that play the camera and the microphone;
 *   without them Chromium makes up a picture and a beep
 * @param {string[]} [more]  flags; of two that say different things the later counts
 * @param {string[]} [without]  flags that are left out
 */
export function launchBrowser(devices, more = [], without = []) {
  const files = devices ? [`--use-file-for-fake-video-capture=${devices.video}`, `--use-file-for-fake-audio-capture=${devices.audio}`] : [];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: [...FLAGS.filter((flag) => !without.includes(flag)), ...files, ...more] });
}

/** The pages, served as in the product but without a hub, and a browser to open them. */
export class Pages {
  /** @type {import('node:child_process').ChildProcess} */
  #server;
  /** @type {import('playwright-core').Browser} */
  #browser;

  /**
   * @param {import('node:child_process').ChildProcess} server
   * @param {import('playwright-core').Browser} browser
   * @param {string} origin
   */
  constructor(server, browser, origin) {
    this.#server = server;
    this.#browser = browser;
    this.origin = origin;
  }

  static async start() {
    const folder = new URL('../pageserver', import.meta.url).pathname;
    const server = spawn('go', ['run', '.'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: /** @type {any} */ (server.stdout) });
    const [origin] = await once(lines, 'line');
    return new Pages(server, await launchBrowser(), origin);
  }

  /**
   * Opens a page in a browser of its own, and plays its hub. Streams are silent sockets.
   *
   * @param {string} path
   * @param {object} welcome  what the page hears when it signs in
   * @param {import('playwright-core').BrowserContextOptions} [options]
   * @param {(page: import('playwright-core').Page) => Promise<unknown>} [prepare]  before the page is opened
   * @param {import('playwright-core').Browser} [browser]  if not the usual one
   */
  async open(path, welcome, options, prepare, browser = this.#browser) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    const page = await context.newPage();
    const hub = new PageHub(page, welcome);
    await prepare?.(page);
    await page.routeWebSocket(/\.flv$/, () => {});
    await page.routeWebSocket(/\/ws$/, (socket) => hub.meets(socket));
    await page.goto(this.origin + path);
    return { page, hub };
  }

  async stop() {
    await this.#browser.close();
    this.#server.stdin?.end();
    await once(this.#server, 'exit');
  }
}

/** The hub as one page sees it. */
export class PageHub {
  /** What the page did that no page should: errors, and breaches of the security policy. */
  complaints = /** @type {string[]} */ ([]);
  /** Whether the hub can be reached. */
  up = true;
  /** The code with which a sign-in is refused; none if it is not. */
  refusal = '';
  /** @type {import('playwright-core').WebSocketRoute | null} */
  #socket = null;
  /** @type {any[]} */
  #received = [];
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {import('playwright-core').Page} page
   * @param {object} welcome
   */
  constructor(page, welcome) {
    /** What the page hears at its next sign-in, besides the usual. */
    this.welcome = welcome;
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** @param {import('playwright-core').WebSocketRoute} socket */
  meets(socket) {
    if (!this.up) {
      socket.close({ code: 4003 });
      return;
    }
    this.#socket = socket;
    socket.onMessage((text) => {
      const frame = JSON.parse(String(text));
      if (frame.type === 'ping') this.#says({ type: 'pong', id: frame.id, data: { time: now(), next_ms: 30_000 } });
      else if (frame.type === 'queue.watch') this.#shows(frame);
      else this.#receives(frame);
    });
  }

  /** Whoever watches the queue is shown it. @param {any} frame */
  #shows(frame) {
    const { backlog = { total: 0, waiting: [] } } = /** @type {{backlog?: object}} */ (this.welcome);
    this.#says({ type: 'ok', id: frame.id, data: { queue: backlog } });
  }

  /** @param {any} frame */
  #receives(frame) {
    if (frame.type === 'hello' && this.refusal) this.#denies(frame, this.refusal);
    else if (frame.type === 'hello') this.#greets(frame);
    this.#received.push(frame);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** @param {any} hello */
  #greets(hello) {
    const data = {
      session: 's1',
      resume: 'secret',
      resumed: hello.data.resume !== undefined,
      time: now(),
      heartbeat_ms: 30_000,
      ...this.welcome,
    };
    this.#says({ type: 'welcome', id: hello.id, data });
  }

  /**
   * The next command of that type that the page sends, or has sent since the last one asked for.
   *
   * @param {string} type
   */
  async hears(type) {
    for (;;) {
      const at = this.#received.findIndex((frame) => frame.type === type);
      if (at >= 0) return this.#received.splice(at, 1)[0];
      await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    }
  }

  /**
   * Whether such a command has come that nobody asked for.
   *
   * @param {string} type
   */
  heard(type) {
    return this.#received.some((frame) => frame.type === type);
  }

  /**
   * @param {string} type
   * @param {object} data  of the answer
   */
  async agreesTo(type, data) {
    const frame = await this.hears(type);
    this.#says({ type: 'ok', id: frame.id, data });
    return frame;
  }

  /**
   * @param {string} type
   * @param {string} code
   */
  async refuses(type, code) {
    const frame = await this.hears(type);
    this.#denies(frame, code);
    return frame;
  }

  /**
   * @param {any} frame
   * @param {string} code
   */
  #denies(frame, code) {
    this.#says({ type: 'error', id: frame.id, data: { code, message: code, retry: false } });
  }

  /**
   * @param {string} type
   * @param {object} data
   */
  pushes(type, data) {
    this.#says({ type, data });
  }

  /**
   * Ends the page's socket.
   *
   * @param {number} code
   * @param {string} reason
   */
  async ends(code, reason) {
    await this.#socket?.close({ code, reason });
  }

  /** @param {object} frame */
  #says(frame) {
    this.#socket?.send(JSON.stringify(frame));
  }
}

export function now() {
  return new Date().toISOString();
}
