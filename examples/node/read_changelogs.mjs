// Rebuilds two tables of CRYPTO VIZ from their changelog topics, with nothing but the schemas.
//
//     npm ci
//     node read_changelogs.mjs 127.0.0.1:9092 cryptoviz-
//
// Prints one JSON object: `sentiment`, all rows by key, and `candles`, the newest of each pair.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";

const [brokers = "127.0.0.1:9092", prefix = "cryptoviz-"] = process.argv.slice(2);
const kafka = new Kafka({ brokers: brokers.split(","), logLevel: logLevel.NOTHING });

const QUIET_MS = 5_000;
const JOIN_MS = 60_000;

// The fields that the schema of a topic promises.
function promised(name) {
  const url = new URL(`../../docs/schemas/${name}-changelog.json`, import.meta.url);
  const schema = JSON.parse(readFileSync(url, "utf8"));
  return schema.$defs[schema.$ref.split("/").at(-1)].required;
}

function checked(row, fields, key) {
  for (const field of fields) {
    if (!(field in row)) throw new Error(`${key} has no ${field}, which its schema promises`);
  }
  return row;
}

// Returns the rows of a changelog by key, up to where it ended when it was asked.
async function table(name) {
  const topic = `${prefix}${name}-changelog`;
  const fields = promised(name);
  const rows = new Map();
  const ends = await endsOf(topic);
  if (ends.size === 0) return rows;
  // A row lives where its source records do, so every partition is read.
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let quiet;
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    // Where the last offsets hold no record any more, nothing tells that the end is reached: it is
    // when Kafka, which sends what there is at once, answers and has sent nothing for a while.
    const wait = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => endsOf(topic).then(resolve, reject), QUIET_MS);
    };
    consumer.on(consumer.events.GROUP_JOIN, wait);
    const deadline = new Error(`no group for ${topic} within ${JOIN_MS / 1000} s`);
    quiet = setTimeout(() => reject(deadline), JOIN_MS);
    consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        wait();
        for (const message of batch.messages) apply(rows, fields, message);
        const end = ends.get(batch.partition);
        if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) {
          ends.delete(batch.partition);
        }
        if (ends.size === 0) resolve();
      },
    });
  });
  clearTimeout(quiet);
  await consumer.disconnect();
  return rows;
}

function apply(rows, fields, { key, value }) {
  const name = key.toString();
  if (value === null) {
    rows.delete(name);
    return;
  }
  const row = checked(JSON.parse(value.toString()), fields, name);
  // After a crash a record may come again; it never takes a row back.
  if (!rows.has(name) || row.revision >= rows.get(name).revision) rows.set(name, row);
}

// Returns the offset after the last record of each partition that has any.
async function endsOf(topic) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    const filled = offsets.filter(({ low, high }) => BigInt(high) > BigInt(low));
    return new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
  } finally {
    await admin.disconnect();
  }
}

function newest(rows) {
  const found = {};
  for (const row of rows.values()) {
    const known = found[row.pair];
    if (known === undefined || row.window_start > known.window_start) found[row.pair] = row;
  }
  return found;
}

try {
  const [sentiment, candles] = [await table("sentiment"), await table("candles")];
  console.log(
    JSON.stringify({ sentiment: Object.fromEntries(sentiment), candles: newest(candles) }),
  );
} catch (error) {
  console.error(`Kafka: ${error.message}`);
  // A consumer that still hopes for Kafka would keep the process.
  process.exit(1);
}
