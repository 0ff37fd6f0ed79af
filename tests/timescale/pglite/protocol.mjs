// The PostgreSQL wire protocol, as far as a front has to understand it: where a message ends,
// which messages make the server answer, and whether an answer leaves a transaction open.

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
export const CANCEL_REQUEST = 80877102;

// Query, Sync, Flush: the server works when one of these arrives, and not before.
const ASKS_FOR_AN_ANSWER = new Set(["Q", "S", "H"]);

export function message(type, body = Buffer.alloc(0)) {
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export const query = (sql) => message("Q", Buffer.from(`${sql}\0`));

// set_config takes lists, such as a search path, as they are; SET would quote them whole.
export const setting = (name, value) =>
  query(`SELECT set_config('${name}', '${value.replaceAll("'", "''")}', false)`);

const parameter = (name, value) => message("S", Buffer.from(`${name}\0${value}\0`));

export function greeting(pid, serverVersion) {
  const key = Buffer.alloc(8);
  key.writeInt32BE(pid, 0);
  return Buffer.concat([
    message("R", Buffer.alloc(4)),
    parameter("server_version", serverVersion),
    parameter("server_encoding", "UTF8"),
    parameter("client_encoding", "UTF8"),
    parameter("DateStyle", "ISO, MDY"),
    parameter("TimeZone", "UTC"),
    parameter("integer_datetimes", "on"),
    parameter("standard_conforming_strings", "on"),
    message("K", key),
    message("Z", Buffer.from("I")),
  ]);
}

// The code of a startup packet, and the settings it asks for.
export function startup(packet) {
  const code = packet.readInt32BE(4);
  const words = packet.subarray(8).toString().split("\0");
  const settings = {};
  for (let i = 0; i + 1 < words.length && words[i]; i += 2) settings[words[i]] = words[i + 1];
  return { code, settings, refusedByN: code === SSL_REQUEST || code === GSS_REQUEST };
}

// Cut whole messages off `buffer`: [[type, bytes], …] and what is left.
export function cut(buffer) {
  const messages = [];
  let at = 0;
  while (buffer.length - at >= 5) {
    const end = at + 1 + buffer.readInt32BE(at + 1);
    if (end > buffer.length) break;
    messages.push([String.fromCharCode(buffer[at]), buffer.subarray(at, end)]);
    at = end;
  }
  return [messages, buffer.subarray(at)];
}

export const asksForAnAnswer = (type) => ASKS_FOR_AN_ANSWER.has(type);

export function isCopyIn(type, bytes) {
  const sql = type === "Q" ? bytes.subarray(5, 2000).toString() : "";
  return /^\s*copy\b[^;]*\bfrom\s+stdin\b/i.test(sql);
}

// CopyInResponse without columns: clients look at its type only.
export const copyInResponse = message("G", Buffer.from([1, 0, 0]));

// The transaction status in the last ReadyForQuery of an answer: I, T, E, or null without one.
export function statusOf(answer) {
  let status = null;
  for (const [type, bytes] of cut(answer)[0]) {
    if (type === "Z") status = String.fromCharCode(bytes[5]);
  }
  return status;
}
