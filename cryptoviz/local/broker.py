"""An embedded Apache Kafka: one node, on 127.0.0.1, its data in one directory."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path

from cryptoviz.local import broker_files, ports, server_log
from cryptoviz.local.children import Child
from cryptoviz.local.kafka_jars import kafka_jars
from cryptoviz.local.kafka_java import format_storage, java_command
from cryptoviz.local.kafka_probe import serves_groups, serves_metadata
from cryptoviz.local.server import STOP_GRACE_S, Server

DEFAULT_LISTENER = "PLAINTEXT"


class Broker(Server):
    """A Kafka broker that keeps its topics and offsets in *directory* between runs.

    It keeps its address too, as long as nobody takes the port; one object never changes it.
    """

    title = "Kafka broker"

    def __init__(
        self,
        directory: Path,
        *,
        heap_mb: int = 256,
        properties: Mapping[str, str] | None = None,
        listeners: Mapping[str, str] | None = None,
        scram_users: Mapping[str, str] | None = None,
        start_timeout_s: float = 60.0,
    ) -> None:
        """Describe a broker; nothing is started.

        *properties* are server properties that override the usual ones. *listeners* are further
        listeners beside the plain one, name to security protocol (`{"SASL": "SASL_PLAINTEXT"}`);
        see `address`. *scram_users*, name to password, log in to the SASL ones by SCRAM-SHA-512;
        they are written when the directory is first formatted.
        """
        super().__init__(directory, "broker.log", start_timeout_s)
        self.heap_mb = heap_mb
        self.protocols = {
            DEFAULT_LISTENER: "PLAINTEXT",
            **(listeners or {}),
            broker_files.CONTROLLER: "PLAINTEXT",
        }
        self.scram_users = dict(scram_users or {})
        login = broker_files.scram_properties(self.protocols) if self.scram_users else {}
        self.properties = login | dict(properties or {})
        self._ports: dict[str, int] = {}

    def pause(self) -> None:
        """Freeze the broker: connections stay open and nothing is answered, until `resume`."""
        self._started().send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused broker go on."""
        self._started().send(signal.SIGCONT)

    @property
    def bootstrap_servers(self) -> str:
        """Return the plain listener's address, host:port."""
        return self.address(DEFAULT_LISTENER)

    def address(self, listener: str) -> str:
        """Return host:port of a listener; the broker must have been started once."""
        return f"{ports.HOST}:{self._ports[listener]}"

    @property
    def _log_dir(self) -> Path:
        return self.directory / "log"

    @property
    def _properties_path(self) -> Path:
        return self.directory / "server.properties"

    def _launch(self, lock_fd: int) -> Child:
        self._configure()
        if not (self._log_dir / "meta.properties").exists():
            tool = self._java("kafka.tools.StorageTool")
            format_storage(tool, self._properties_path, self.scram_users, self.log_path)
        command = self._java("kafka.Kafka", self._properties_path)
        with server_log.fresh(self.log_path) as log:
            return Child(command, log=log, grace_s=STOP_GRACE_S, keep_fds=[lock_fd])

    def _configure(self) -> None:
        remembered = broker_files.remembered_ports(self._properties_path)
        for name in self.protocols:
            if name not in self._ports:
                self._ports[name] = ports.choose(remembered.get(name))
        (self.directory / "log4j2.properties").write_text(broker_files.LOG4J2)
        broker_files.write_properties(
            self._properties_path, self._log_dir, self._ports, self.protocols, self.properties
        )

    def _java(self, main_class: str, *arguments: object) -> list[str]:
        log4j2 = self.directory / "log4j2.properties"
        return java_command(kafka_jars(), self.heap_mb, log4j2, main_class, *arguments)

    def _answers(self) -> bool:
        port = self._ports[DEFAULT_LISTENER]
        return serves_metadata(ports.HOST, port) and serves_groups(
            ports.HOST, port, broker_files.OFFSETS_PARTITIONS
        )
