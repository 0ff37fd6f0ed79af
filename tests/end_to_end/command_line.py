"""Runs `cryptoviz` as a person would, against the deployment of a test."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import partial

from click.testing import CliRunner

from cryptoviz.command_line import cli


@dataclass
class Ended:
    """How a command ended, and what it said."""

    status: int
    out: bytes
    said: str

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def rows(self):
        return {line["key"]: line["value"] for line in self.lines}


class CommandLine:
    """The command line beside a worker: same settings, same machine."""

    def __init__(self, deployment, worker=None, **environ):
        self._environ = {**os.environ, **deployment.environ, **environ}
        if worker is not None:
            self._environ["WEB_PORT"] = str(worker.web_port)
            self._environ["CRYPTOVIZ_DATA_DIR"] = str(worker.directory / "data")

    def start(self, *words, **options):
        return subprocess.Popen(
            [sys.executable, "-m", "cryptoviz", *words],
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A process started in the background of a script inherits that Ctrl-C is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **options,
        )

    async def within(self, *words):
        """Run one of this project's commands in this process, which takes no time to start."""
        command = cli.commands[words[0]]
        asked = partial(CliRunner().invoke, command, words[1:], env=self._environ)
        result = await asyncio.to_thread(asked)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return Ended(result.exit_code, result.stdout_bytes, result.stderr)

    async def without_reader(self, *words):
        """Run a command whose reader is gone before it says anything."""
        process = self.start(*words)
        process.stdout.close()
        err = await asyncio.to_thread(process.stderr.read)
        return Ended(await asyncio.to_thread(process.wait, 60), b"", err.decode())

    async def __call__(self, *words):
        """Run a command to its end; nobody's traceback is ever an answer."""
        process = self.start(*words)
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        assert b"Traceback" not in err, err.decode()
        return Ended(process.returncode, out, err.decode())
