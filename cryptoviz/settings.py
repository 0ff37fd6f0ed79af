"""Every setting of the application, read once from environment variables.

`load()` returns one frozen `Settings`. A wrong value raises `SettingsError`, whose message is
one sentence per problem and names the variable (cryptoviz.environment).
"""

from __future__ import annotations

import functools
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cryptoviz import pair
from cryptoviz.environment import SettingsError, lookup, sentence
from cryptoviz.settings_values import CandleSizes, Days, Names, Numbers, Servers, Symbols


class Settings(BaseModel):
    """The application's settings; each field is the environment variable of the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Kafka
    kafka_bootstrap_servers: Servers = Field(
        "127.0.0.1:9092", description="Kafka brokers, host:port, comma separated."
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to Kafka."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="SASL mechanism, when the protocol is SASL_*."
    )
    kafka_sasl_username: str | None = Field(None, description="SASL user name.")
    kafka_sasl_password: str | None = Field(
        None, description="SASL password; `KAFKA_SASL_PASSWORD_FILE` names a file instead."
    )
    kafka_ssl_cafile: Path | None = Field(
        None, description="PEM file of the authorities that sign the brokers' certificates."
    )
    kafka_ssl_certfile: Path | None = Field(None, description="PEM file of the client certificate.")
    kafka_ssl_keyfile: Path | None = Field(None, description="PEM file of the client's key.")
    kafka_replication_factor: int = Field(
        1,
        ge=1,
        le=32767,
        description="Replicas of each topic that the application creates; fewer stop the start.",
    )
    topic_partitions: int = Field(
        4, ge=1, le=10_000, description="Partitions of every topic; sources and tables share it."
    )
    topic_rawticker: str = Field("rawticker", description="Topic of tickers.")
    topic_rawtrade: str = Field("rawtrade", description="Topic of trades.")
    topic_rawarticle: str = Field("rawarticle", description="Topic of articles.")
    topic_rawalert: str = Field("rawalert", description="Topic of price alerts.")
    topic_create: bool = Field(
        True, description="Create missing topics at start; `false` stops the start instead."
    )

    # The worker
    cryptoviz_id: str = Field(
        "cryptoviz",
        pattern=r"^[A-Za-z0-9._-]+$",
        max_length=100,
        description="Name of this deployment: its consumer groups and the prefix of its topics.",
    )
    cryptoviz_data_dir: Path = Field(
        Path("data"), description="Directory of the RocksDB tables and the embedded servers."
    )
    cryptoviz_worker_id: str = Field(
        default_factory=socket.gethostname,
        min_length=1,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="Name of this worker, unique in the group: its static Kafka membership.",
    )
    cryptoviz_sink: Literal["internal", "external", "off"] = Field(
        "internal",
        description="`internal` runs the TimescaleDB sink inside the worker; `external` expects "
        "`faust -A cryptoviz.sink worker` elsewhere; `off` has no database.",
    )
    session_timeout: float = Field(
        30.0, ge=6, le=1800, description="Seconds until Kafka gives a dead worker's work away."
    )
    max_poll_records: int = Field(
        20_000, ge=1, le=1_000_000, description="Most records in one batch of a partition."
    )
    commit_interval: float = Field(
        1.0, gt=0, le=300, description="Seconds between commits of consumed offsets."
    )

    # Records
    sentiment_scale: Literal["unit", "signed", "confidence"] = Field(
        "unit",
        description="What `sentiment.score` means: [0, 1], [-1, 1], or confidence of the label.",
    )
    quote_currencies: Symbols = Field(
        pair.QUOTES, description="Quotes by which a pair without a separator is split."
    )
    tracked_cryptos: Symbols = Field(
        ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "DOT", "AVAX", "LINK", "LTC", "BNB", "MATIC",
         "TRX", "ATOM", "UNI", "XLM", "BCH", "NEAR", "APT", "ARB"),
        description="Cryptos whose mentions in articles are followed.",
    )  # fmt: skip

    rekey_topics: Names = Field(
        (),
        description="Source topics that their producers do not key by pair: they are forwarded to "
        "an internal topic that is.",
    )

    # Windows
    candle_sizes: CandleSizes = Field(
        (60, 300, 3600, 86_400),
        description="Sizes of candles in seconds, multiples of 60; 60 must be among them.",
    )
    price_size: int = Field(300, ge=1, le=86_400, description="Seconds of a window of prices.")
    sentiment_size: int = Field(
        300, ge=1, le=86_400, description="Seconds of a window of sentiment."
    )
    lateness: float = Field(
        600.0, ge=0, description="Seconds that a window waits for late records (the watermark)."
    )
    idle_timeout: float = Field(
        60.0, gt=0, description="Seconds of silence after which wall time closes windows."
    )
    emit_interval: float = Field(
        0.0, ge=0, description="Least seconds between two provisional results of one window."
    )
    table_retention: float = Field(
        86_400.0, gt=0, description="Seconds of event time that live tables keep."
    )

    # Predictions
    prediction_horizons: Numbers = Field(
        (300, 900, 3600),
        description="How many seconds ahead prices are predicted, multiples of PRICE_SIZE.",
    )
    prediction_level: float = Field(
        0.9,
        ge=0.5,
        le=0.999,
        description="Share of outcomes that a prediction interval shall cover, 0.5 to 0.999.",
    )

    # TimescaleDB
    timescale_dsn: str | None = Field(
        None,
        description="postgresql:// URL of the database; `TIMESCALE_DSN_FILE` names a file instead.",
    )
    timescale_pool_size: int = Field(8, ge=1, le=200, description="Most database connections.")
    timescale_timeout: float = Field(
        10.0, gt=0, description="Seconds until a database statement is given up."
    )
    timescale_retention_days: Days = Field(
        90,
        description="Days that the database keeps rows; `off` keeps all. Scores are kept for ever, "
        "and so are hourly candles in TimescaleDB.",
    )

    # Web
    web_host: str = Field("127.0.0.1", description="Address that the HTTP server binds.")
    web_port: int = Field(6066, ge=1, le=65535, description="Port of the HTTP server.")
    web_address: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._:-]*$",
        description="Host by which other workers reach this one. Empty: `WEB_HOST`, or this "
        "machine's name where that means all addresses.",
    )
    web_faust_routes: bool = Field(
        False,
        description="Whether Faust's own pages are served too: `/table/`, `/router/` and "
        "`/performance/`. Anybody may read them.",
    )
    cors_origins: Names = Field(
        (),
        description="Origins whose pages may use the HTTP API, also to change the configuration, "
        "comma separated; `*` lets all.",
    )

    @property
    def web_url(self) -> str:
        """The address of this worker's HTTP server, as other workers ask it for rows."""
        host = self.web_address or self.web_host
        if host in ("0.0.0.0", "::"):  # noqa: S104  # it is compared, not bound
            host = socket.gethostname()
        return f"http://{f'[{host}]' if ':' in host else host}:{self.web_port}"

    @model_validator(mode="after")
    def _rekeyed_topics_have_pairs(self) -> Settings:
        known = (self.topic_rawticker, self.topic_rawtrade, self.topic_rawalert)
        for topic in self.rekey_topics:
            if topic not in known:
                raise ValueError(f"REKEY_TOPICS must be among {', '.join(known)}, was {topic!r}")
        return self

    @model_validator(mode="after")
    def _horizons_are_whole_windows(self) -> Settings:
        horizons = self.prediction_horizons
        if any(horizon < 1 or horizon % self.price_size for horizon in horizons):
            shown = ",".join(map(str, horizons))
            raise ValueError(
                f"PREDICTION_HORIZONS must be multiples of PRICE_SIZE ({self.price_size}), "
                f"was {shown!r}"
            )
        return self

    @model_validator(mode="after")
    def _credentials_are_complete(self) -> Settings:
        if self.kafka_security_protocol.startswith("SASL_") and not (
            self.kafka_sasl_username and self.kafka_sasl_password
        ):
            raise ValueError(
                "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set when "
                f"KAFKA_SECURITY_PROTOCOL is {self.kafka_security_protocol}"
            )
        return self


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from *environ* (default: the process environment).

    Raises `SettingsError` with one sentence for each variable that is wrong.
    """
    environ = dict(os.environ if environ is None else environ)
    values = {
        name: value
        for name in Settings.model_fields
        if (value := lookup(environ, name)) not in (None, "")
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(sentence(problem) for problem in error.errors())) from None


@functools.cache
def current() -> Settings:
    """Return the settings of this process, read on first use; wrong ones end it."""
    try:
        return load()
    except SettingsError as error:
        raise SystemExit(str(error)) from None
