"""Rebuilds two tables of CRYPTO VIZ from their changelog topics, with nothing but the schemas.

    pip install -r requirements.txt
    python read_changelogs.py --brokers 127.0.0.1:9092 --prefix cryptoviz-

Prints one JSON object: `sentiment`, all rows by key, and `candles`, the newest of each pair. A
service that stays up would go on where this one stops, and apply each record in the same way.
"""

import argparse
import json
import sys
import uuid
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
TABLES = ("sentiment", "candles")
PATIENCE_S = 30


def main():
    """Read both tables and print them."""
    arguments = parsed()
    consumer = Consumer(
        {
            "bootstrap.servers": arguments.brokers,
            # Never committed, so it leaves nothing behind.
            "group.id": f"reader-{uuid.uuid4()}",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    try:
        sentiment, candles = (
            table(consumer, f"{arguments.prefix}{name}-changelog", name) for name in TABLES
        )
    except KafkaException as error:
        return f"Kafka: {error.args[0].str()}"
    finally:
        consumer.close()
    sys.stdout.write(json.dumps({"sentiment": sentiment, "candles": newest(candles)}) + "\n")
    return 0


def table(consumer, topic, name):
    """Return the rows of *topic* by key, up to its end."""
    schema = json.loads((SCHEMAS / f"{name}-changelog.json").read_text())
    validator = Draft202012Validator(schema)
    described = consumer.list_topics(topic, timeout=10).topics[topic]
    if described.error:
        raise KafkaException(described.error)
    # A row lives where its source records do, so every partition is read.
    waiting = set(described.partitions)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in waiting])
    rows = {}
    while waiting:
        message = consumer.poll(PATIENCE_S)
        if message is None:
            # Kafka tells the end of each partition, so it says something or is gone.
            silence = f"nothing of {topic} came for {PATIENCE_S} s"
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, silence))
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise KafkaException(message.error())
            waiting.discard(message.partition())
            continue
        key = message.key().decode()
        if message.value() is None:
            rows.pop(key, None)
            continue
        row = json.loads(message.value())
        validator.validate(row)
        # After a crash a record may come again; it never takes a row back.
        if key not in rows or row["revision"] >= rows[key]["revision"]:
            rows[key] = row
    return rows


def newest(rows):
    """Return the row of the newest window of each pair."""
    found = {}
    for row in rows.values():
        known = found.get(row["pair"])
        if known is None or row["window_start"] > known["window_start"]:
            found[row["pair"]] = row
    return found


def parsed():
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--brokers", default="127.0.0.1:9092")
    parser.add_argument("--prefix", default="cryptoviz-", help="CRYPTOVIZ_ID and a hyphen")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
