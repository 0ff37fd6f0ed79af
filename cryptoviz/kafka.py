"""How any client of this application reaches Kafka, and how its topics are made and checked."""

from __future__ import annotations

import ssl
from typing import Any

import faust
from aiokafka.helpers import create_ssl_context
from faust.auth import SASLCredentials, SSLCredentials

from cryptoviz.settings import Settings


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


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    context: ssl.SSLContext = create_ssl_context(
        cafile=_text(settings.kafka_ssl_cafile),
        certfile=_text(settings.kafka_ssl_certfile),
        keyfile=_text(settings.kafka_ssl_keyfile),
    )
    return context


def _text(path: object) -> str | None:
    return None if path is None else str(path)
