from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from jgo.config import GlobalSettings

from cryptoviz.local import kafka_jars as module
from cryptoviz.local.children import StartError
from cryptoviz.local.kafka_jars import kafka_jars

DEAD_ADDRESS = "http://127.0.0.1:9"


class Mirror(http.server.SimpleHTTPRequestHandler):
    """Serves this user's own Maven repository, as a repository on the network would."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[str]:
    """Serve the jars that are on this machine over HTTP; yields the address."""
    kafka_jars()
    handler = functools.partial(Mirror, directory=str(GlobalSettings.load().repo_cache))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def new_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give jgo empty directories; returns the one that holds its configuration and them."""
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    monkeypatch.setenv("JGO_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "jgo.conf"))
    return tmp_path


def use_repository(machine: Path, address: str) -> None:
    (machine / "jgo.conf").write_text(f"[repositories]\ncentral = {address}\n")


def test_a_second_start_uses_neither_resolver_nor_network(
    mirror: str, new_machine: Path, monkeypatch: pytest.MonkeyPatch
):
    use_repository(new_machine, mirror)
    first = kafka_jars()
    use_repository(new_machine, DEAD_ADDRESS)
    monkeypatch.setattr(module, "_resolve", lambda _: pytest.fail("the jars were resolved again"))

    second = kafka_jars()

    assert second == first
    assert {jar.name for jar in first} >= {"kafka_2.13-4.3.1.jar", "kafka-clients-4.3.1.jar"}
    assert all(jar.is_relative_to(new_machine / "m2") for jar in first)


def test_an_interrupted_download_is_finished_by_the_next_start(mirror: str, new_machine: Path):
    use_repository(new_machine, mirror)
    clients = next(jar for jar in kafka_jars() if jar.name.startswith("kafka-clients"))
    whole = clients.read_bytes()
    clients.write_bytes(whole[:100_000])

    kafka_jars()

    assert clients.read_bytes() == whole


def test_a_first_start_without_a_network_says_what_is_missing(new_machine: Path):
    use_repository(new_machine, DEAD_ADDRESS)

    with pytest.raises(StartError, match="not all on this machine and could not be downloaded"):
        kafka_jars()
