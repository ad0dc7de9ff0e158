// The live WebSocket: connects, comes back after a loss by a growing wait, and says which pictures are wanted.

const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 8000;
const SILENCE_MS = 6000; // states come every second: longer silence is a dead line that has not noticed yet

export class Live extends EventTarget {
  constructor() {
    super();
    this.connected = false;
    this.wanted = [];
    this.mapped = false;
    this.held = false; // nobody is signed in: not even tried
    this.tries = 0;
    this.socket = null;
    this.timer = 0;
    this.heard = 0;
    setInterval(() => this.#watch(), 1000);
    addEventListener("online", () => this.retry());
  }

  connect() {
    clearTimeout(this.timer);
    if (this.held) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const query = new URLSearchParams({ pictures: this.wanted.join(",") });
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/live?${query}`);
    this.asked = JSON.stringify(this.wanted);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heard = performance.now();
    socket.onmessage = (message) => { if (this.socket === socket) this.#receive(message.data); };
    socket.onclose = (event) => { if (this.socket === socket) this.#closed(event.reason); };
  }

  retry() {
    if (this.connected) return;
    this.socket?.close();
    this.socket = null;
    this.connect();
  }

  hold() {
    this.held = true;
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    this.connected = false;
    socket?.close();
  }

  release() {
    if (!this.held) return;
    this.held = false;
    this.tries = 0;
    this.connect();
  }

  want(names) {
    this.wanted = [...new Set(names)].sort();
    this.#ask();
  }

  // Whether the dots of the map are wanted.
  map(on) {
    if (this.mapped === on) return;
    this.mapped = on;
    if (this.connected) this.#send({ map: on });
  }

  ack(camera) { this.#send({ ack: camera }); }

  #ask() {
    const asked = JSON.stringify(this.wanted);
    if (!this.connected || asked === this.asked) return;
    this.asked = asked;
    this.#send({ pictures: this.wanted });
  }

  #send(wish) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(wish));
  }

  #opened() {
    this.connected = true;
    this.tries = 0;
    this.#ask();
    if (this.mapped) this.#send({ map: true });
    this.dispatchEvent(new CustomEvent("link", { detail: { connected: true } }));
  }

  #closed(reason) {
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.tries, LAST_WAIT_MS) * (0.75 + Math.random() / 2);
    this.connected = false;
    this.socket = null;
    this.tries += 1;
    this.dispatchEvent(new CustomEvent("link", { detail: { connected: false, wait, reason } }));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  #watch() {
    const socket = this.socket;
    if (socket === null || performance.now() - this.heard < SILENCE_MS) return;
    this.socket = null;
    socket.close();
    this.#closed("the server went silent");
  }

  #receive(data) {
    this.heard = performance.now();
    if (!this.connected) this.#opened(); // only now: a full server opens the line and closes it again
    if (typeof data === "string") {
      this.dispatchEvent(new CustomEvent("text", { detail: JSON.parse(data) }));
      return;
    }
    const length = new DataView(data).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    const jpeg = new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" });
    this.dispatchEvent(new CustomEvent("picture", { detail: { header, jpeg } }));
  }
}
