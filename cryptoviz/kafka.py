"""How any client of this application reaches Kafka, and why it does not."""

from __future__ import annotations

import ssl
from typing import Any

import faust
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.helpers import create_ssl_context
from faust.auth import SASLCredentials, SSLCredentials

from cryptoviz.settings import Settings

CONNECT_TIMEOUT_MS = 10_000
# The most bytes of a message, with its headers. Brokers take 1 MB unless they or a topic are set to
# more, and a dead letter is as large as the message that it was.
LARGEST_MESSAGE = 64 * 1024 * 1024


def client_options(settings: Settings) -> dict[str, Any]:
    """Return the keyword arguments that connect an aiokafka client as *settings* say."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers.split(","),
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    if settings.kafka_security_protocol.startswith("SASL_"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_sasl_username
        options["sasl_plain_password"] = settings.kafka_sasl_password
    return options


def broker_url(settings: Settings) -> str:
    """Return the brokers as Faust takes them, under the scheme of the batched transport."""
    return ";".join(f"batched://{host}" for host in settings.kafka_bootstrap_servers.split(","))


def broker_credentials(settings: Settings) -> SASLCredentials | SSLCredentials | None:
    """Return what Faust needs to log in as *settings* say; None for plain text."""
    protocol = settings.kafka_security_protocol
    context = _ssl_context(settings) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL_"):
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context else None


async def why_unreachable(settings: Settings) -> str:
    """Return a sentence that says why no broker lets this application in.

    aiokafka only logs the reason and raises that it could not connect.
    """
    options = client_options(settings)
    servers = options.pop("bootstrap_servers")
    reasons = []
    for host, port, _ in collect_hosts(servers):
        try:
            connection = await create_conn(
                host, port, request_timeout_ms=CONNECT_TIMEOUT_MS, **options
            )
        except (OSError, KafkaError, TimeoutError) as error:
            reasons.append(_reason(f"{host}:{port}", error, settings))
        else:
            connection.close()
            reasons.append(
                f"Kafka at {host}:{port} takes connections and answers nothing; does "
                f"KAFKA_SECURITY_PROTOCOL {settings.kafka_security_protocol} fit it?"
            )
    return " ".join(reasons)


def _reason(server: str, error: BaseException, settings: Settings) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of Kafka at {server} cannot be verified (KAFKA_SSL_CAFILE): "
            f"{error.verify_message}."
        )
    sasl = settings.kafka_security_protocol.startswith("SASL_")
    if sasl and isinstance(error, KafkaError) and not isinstance(error, KafkaConnectionError):
        return (
            f"Kafka at {server} refuses the login of {settings.kafka_sasl_username!r} by "
            f"{settings.kafka_sasl_mechanism} (KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD, "
            f"KAFKA_SASL_MECHANISM): {error}."
        )
    reason = str(error).rstrip(".") or type(error).__name__
    return f"Kafka does not answer at {server} (KAFKA_BOOTSTRAP_SERVERS): {reason}."


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=_text(settings.kafka_ssl_cafile),
            certfile=_text(settings.kafka_ssl_certfile),
            keyfile=_text(settings.kafka_ssl_keyfile),
        )
    except (OSError, ssl.SSLError) as error:
        raise SystemExit(
            f"KAFKA_SSL_CAFILE, KAFKA_SSL_CERTFILE or KAFKA_SSL_KEYFILE cannot be used: {error}."
        ) from None
    return context


def _text(path: object) -> str | None:
    return None if path is None else str(path)
