import WebSocket from 'ws';

/**
 * Sockets as `wx.connectSocket` gives them, over real WebSockets. A phone that sleeps hears nothing of them, and cuts them
 * without a word.
 */
export class WxSockets {
  /** @type {Set<WebSocket>} */
  #open = new Set();
  /** Nothing gets through: no new sockets either. */
  offline = false;
  /** Sockets that were ever asked for. */
  count = 0;

  connect = (/** @type {{url: string, protocols: string[]}} */ { url, protocols }) => {
    this.count += 1;
    const ws = new WebSocket(url, protocols);
    if (this.offline) ws.terminate();
    this.#open.add(ws);
    ws.on('close', () => this.#open.delete(ws));
    ws.on('error', () => {}); // onError says it
    const listens = (/** @type {(listener: any) => void} */ add) => (/** @type {any} */ listener) => add((/** @type {any} */ value) => {
      if (this.#open.has(ws) || value?.late) listener(value);
    });
    return {
      send: ({ data, fail = throws }) => (ws.readyState === WebSocket.OPEN ? ws.send(data) : fail({ errMsg: 'sendSocketMessage:fail' })),
      close: ({ code }) => {
        if (ws.readyState === WebSocket.OPEN) ws.close(code);
        else ws.terminate();
      },
      onOpen: listens((tell) => ws.on('open', () => tell({}))),
      onMessage: listens((tell) => ws.on('message', (data, binary) => tell({ data: binary ? data : String(data) }))),
      onClose: listens((tell) => ws.prependListener('close', (code, reason) => tell({ code, reason: String(reason) }))),
      onError: listens((tell) => ws.on('error', ({ message }) => tell({ errMsg: message }))),
    };
  };

  /** What WeChat does in the background: the sockets are gone, and nobody is told. */
  cut() {
    for (const ws of this.#open) {
      this.#open.delete(ws);
      ws.terminate();
    }
  }
}

/** WeChat throws on a failure that nobody listens to. @param {{errMsg: string}} error */
function throws({ errMsg }) {
  throw new Error(errMsg);
}
