// A policy server in JavaScript without any package, written from docs/protocol.md alone: `node protocol_server.mjs`.
// It listens on a free port of loopback and prints its URL. Its actions are a function of episode, step and observation.

import { createHash } from "node:crypto";
import { createServer } from "node:http";

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MSGPACK = new Set(["application/msgpack", "application/vnd.msgpack", "application/x-msgpack"]);
const episodes = new Map();

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Decode one value of msgpack; raises RangeError where the bytes end too early, Refused for what the page does not use. */
function unpack(bytes) {
  let at = 0;
  const take = (size) => {
    if (at + size > bytes.length) throw new RangeError("the body ends too early");
    at += size;
    return at - size;
  };
  const size = (width) => bytes.readUIntBE(take(width), width);
  const text = (length) => bytes.toString("utf8", take(length), at);
  const list = (length) => Array.from({ length }, value);
  const map = (length) => Object.fromEntries(Array.from({ length }, () => [String(value()), value()]));
  function value() {
    const tag = size(1);
    if (tag <= 0x7f) return tag;
    if (tag <= 0x8f) return map(tag & 15);
    if (tag <= 0x9f) return list(tag & 15);
    if (tag <= 0xbf) return text(tag & 31);
    if (tag >= 0xe0) return tag - 256;
    switch (tag) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: case 0xc5: case 0xc6: { const length = size(1 << (tag - 0xc4)); const from = take(length); return bytes.subarray(from, at); }
      case 0xca: return bytes.readFloatBE(take(4));
      case 0xcb: return bytes.readDoubleBE(take(8));
      case 0xcc: case 0xcd: case 0xce: return size(1 << (tag - 0xcc));
      case 0xcf: return Number(bytes.readBigUInt64BE(take(8)));
      case 0xd0: case 0xd1: case 0xd2: { const width = 1 << (tag - 0xd0); return bytes.readIntBE(take(width), width); }
      case 0xd3: return Number(bytes.readBigInt64BE(take(8)));
      case 0xd9: case 0xda: case 0xdb: return text(size(1 << (tag - 0xd9)));
      case 0xdc: return list(size(2));
      case 0xdd: return list(checked(size(4)));
      case 0xde: return map(size(2));
      case 0xdf: return map(checked(size(4)));
      default: throw new Refused(400, `the byte ${tag} begins nothing that the protocol has`);
    }
  }
  const checked = (length) => {
    if (length > bytes.length - at) throw new RangeError("the body ends too early");
    return length;
  };
  const found = value();
  if (at !== bytes.length) throw new Refused(400, "something follows the message");
  return found;
}

/** Encode objects, arrays, texts and numbers as msgpack; all numbers are float 64. */
function pack(value) {
  if (typeof value === "number") {
    const bytes = Buffer.alloc(9, 0xcb);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([Buffer.from([0xda, text.length >> 8, text.length & 255]), text]);
  }
  const head = (tag, length) => Buffer.from([tag, length >> 8, length & 255]);
  if (Array.isArray(value)) return Buffer.concat([head(0xdc, value.length), ...value.map(pack)]);
  const entries = Object.entries(value);
  return Buffer.concat([head(0xde, entries.length), ...entries.flatMap(([name, one]) => [pack(name), pack(one)])]);
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value.length >= 1 && value.length <= 128;

function reset({ task_config: task }) {
  if (!isObject(task) || !isText(task.episode_id)) throw new Refused(400, "task_config needs an episode_id");
  if (!Array.isArray(task.proprioception) || !Array.isArray(task.action)) throw new Refused(400, "who is the robot?");
  episodes.set(task.episode_id, task);
  if (episodes.size > 4096) episodes.delete(episodes.keys().next().value);
  return { episode_id: task.episode_id };
}

function act({ episode_id: id, step, observation, images }) {
  const task = isText(id) ? episodes.get(id) : undefined;
  if (task === undefined) throw new Refused(404, "there is no such episode: call /reset first");
  if (!Number.isInteger(step) || !Array.isArray(observation) || !isObject(images)) throw new Refused(400, "no /act");
  if (observation.length !== task.proprioception.length || !observation.every(Number.isFinite)) {
    throw new Refused(400, `an observation is ${task.proprioception.length} finite numbers`);
  }
  const seen = task.cameras.map((camera) => pixels(images[camera], task.image_sizes[camera]));
  const digest = createHash("sha256").update(`${id} ${step} ${observation}`);
  for (const image of seen) digest.update(image);
  const bytes = digest.digest();
  const action = task.action.map(({ low, high }, number) => low + (bytes[number % bytes.length] / 255) * (high - low));
  return { action };
}

/** Return the bytes of an image, row by row, RGB. */
function pixels(image, [height, width]) {
  if (!isObject(image) || image.dtype !== "uint8") throw new Refused(400, "an image is uint8");
  const data = typeof image.data === "string" ? Buffer.from(image.data, "base64") : image.data;
  if (String(image.shape) !== `${height},${width},3` || data?.length !== height * width * 3) {
    throw new Refused(400, `an image is ${height} x ${width} x 3`);
  }
  return data;
}

const health = () => ({
  status: "ok", protocol: 1, encodings: ["json", "msgpack"], max_concurrent_episodes: 16, max_chunk: 1,
});

function answer(request, body) {
  const [path] = request.url.split("?");
  if (request.method === "GET" && path === "/health") return [false, health()];
  const call = { "/reset": reset, "/act": act }[path];
  if (request.method !== "POST" || call === undefined) throw new Refused(404, "there is no such route");
  const type = (request.headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
  if (!MSGPACK.has(type) && type !== "application/json") throw new Refused(415, "send JSON or msgpack");
  const message = MSGPACK.has(type) ? unpack(body) : JSON.parse(body.toString("utf8"));
  if (!isObject(message)) throw new Refused(400, "the body is an object");
  return [MSGPACK.has(type), call(message)];
}

const server = createServer(async (request, response) => {
  const send = (status, type, bytes) => {
    response.writeHead(status, { "content-type": type, "content-length": bytes.length });
    response.end(bytes);
  };
  try {
    const parts = [];
    let size = 0;
    for await (const part of request) {
      size += part.length;
      if (size > MAX_BODY_BYTES) throw new Refused(400, "the body is too long");
      parts.push(part);
    }
    const [packed, message] = answer(request, Buffer.concat(parts));
    if (packed) send(200, "application/msgpack", pack(message));
    else send(200, "application/json", Buffer.from(JSON.stringify(message)));
  } catch (error) {
    send(error.status ?? 400, "application/json", Buffer.from(JSON.stringify({ detail: error.message })));
  }
});
server.keepAliveTimeout = 10 * 60 * 1000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
