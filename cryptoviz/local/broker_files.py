"""The configuration files of the embedded broker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cryptoviz.local.ports import HOST

NODE_ID = 1
CONTROLLER = "CONTROLLER"
OFFSETS_PARTITIONS = 4

LOG4J2 = """\
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %-5p %c{1}: %m%n
"""

# One node, and small: every internal topic has one replica and few partitions, and buffers that
# are sized for servers (128 MB for the log cleaner alone) are cut to fit the heap.
ONE_NODE = {
    "process.roles": "broker,controller",
    "node.id": NODE_ID,
    "controller.listener.names": CONTROLLER,
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": 0,
    "offsets.topic.num.partitions": OFFSETS_PARTITIONS,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    # After SIGKILL the controller, which is in the same process, admits the broker again only when
    # its former session is over: 9 s with Kafka's default.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
}


def write_properties(
    path: Path,
    log_dir: Path,
    ports: Mapping[str, int],
    protocols: Mapping[str, str],
    extra: Mapping[str, str],
) -> None:
    """Write the server's properties to *path*.

    *ports* and *protocols* are by listener name, the controller's included; *extra* has the last
    word.
    """
    addresses = {name: f"{name}://{HOST}:{port}" for name, port in ports.items()}
    properties = ONE_NODE | {
        "controller.quorum.voters": f"{NODE_ID}@{HOST}:{ports[CONTROLLER]}",
        "listeners": ",".join(addresses.values()),
        "advertised.listeners": ",".join(
            address for name, address in addresses.items() if name != CONTROLLER
        ),
        "listener.security.protocol.map": ",".join(
            f"{name}:{protocol}" for name, protocol in protocols.items()
        ),
        "log.dirs": log_dir,
    }
    lines = [f"{name}={_escaped(value)}\n" for name, value in (properties | dict(extra)).items()]
    # Properties may hold passwords.
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(lines))


def scram_properties(listeners: Mapping[str, str]) -> dict[str, str]:
    """Return what makes the SASL ones of *listeners*, name to protocol, ask for SCRAM-SHA-512."""
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return {"sasl.enabled.mechanisms": "SCRAM-SHA-512"} | {
        f"listener.name.{name.lower()}.scram-sha-512.sasl.jaas.config": f"{module} required;"
        for name, protocol in listeners.items()
        if protocol.startswith("SASL_")
    }


def _escaped(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace("\n", "\\\n")


def remembered_ports(path: Path) -> dict[str, int]:
    """Return the ports, by listener name, of the properties that an earlier run wrote."""
    lines = path.read_text().splitlines() if path.exists() else []
    listeners = next((line for line in lines if line.startswith("listeners=")), "listeners=")
    pairs = [word.split(f"://{HOST}:") for word in listeners.removeprefix("listeners=").split(",")]
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}
