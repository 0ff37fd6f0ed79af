"""What can be said of the Docker files without Docker: no image is built or started here."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cryptoviz.command_line import OWN_COMMANDS, cli
from cryptoviz.environment import SECRET_FIELDS
from cryptoviz.settings import Settings, load

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
COMPOSE = yaml.safe_load(COMPOSE_FILE.read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
VARIABLES = {field.upper() for field in Settings.model_fields} | {
    f"{field.upper()}_FILE" for field in SECRET_FIELDS
}
# NAME:TAG of Docker Hub, its tag a version; a host before it would hold a dot or a port.
PINNED = re.compile(r"([a-z0-9_-]+/)?[a-z0-9_-]+:[0-9]+\.[0-9]+[a-z0-9.-]*")

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
every_service_of_ours = pytest.mark.parametrize("service", OURS.values(), ids=OURS)


def packages():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return [word.strip("*") for word in setup["options.packages.find"]["include"].split()]


def test_the_compose_file_follows_the_compose_specification():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

    done = subprocess.run([*command, COMPOSE_FILE], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_kafka_the_database_a_worker_a_sink_and_an_optional_simulator_are_there():
    assert set(SERVICES) == {"kafka", "timescaledb", "worker", "sink", "simulator"}
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["simulator"]


@every_service
def test_a_service_runs_a_pinned_image_and_comes_back(service):
    assert PINNED.fullmatch(service["image"]), service["image"]
    assert service["restart"] == "unless-stopped"
    assert "stop_grace_period" in service


@every_service
def test_a_service_says_whether_it_is_well(service):
    kind, *command = service["healthcheck"]["test"]

    assert kind == "CMD"
    if command[:2] == ["python", "-c"]:
        compile(command[2], "healthcheck", "exec")


@every_service
def test_a_port_is_published_on_the_loopback_interface_unless_told_otherwise(service):
    for port in service.get("ports", []):
        assert port.startswith(("127.0.0.1:", "${WEB_BIND:-127.0.0.1}:")), port


@every_service
def test_a_password_is_named_by_its_file_only(service):
    for name in service.get("environment", {}):
        assert name.endswith("_FILE") or not re.search("PASSWORD|SECRET|TOKEN|DSN", name), name


def test_nothing_in_the_compose_file_is_a_url_with_a_password():
    assert not re.search(r"://[^/\s]*:[^/\s]*@", COMPOSE_FILE.read_text())


def test_what_services_refer_to_is_declared():
    for name, service in SERVICES.items():
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        volumes = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert volumes <= set(COMPOSE["volumes"]), name
        for other, needed in service.get("depends_on", {}).items():
            assert needed["condition"] in {"service_started", "service_healthy"}
            assert other in SERVICES, name


@every_service_of_ours
def test_the_environment_of_ours_is_what_the_settings_take(service, tmp_path):
    environ = dict(service["environment"])
    assert set(environ) <= VARIABLES
    if "TIMESCALE_DSN_FILE" in environ:
        secret = Path(environ["TIMESCALE_DSN_FILE"]).name
        assert service["secrets"] == [secret]
        (tmp_path / secret).write_text("postgresql://cryptoviz:sesame@timescaledb/cryptoviz\n")
        environ["TIMESCALE_DSN_FILE"] = str(tmp_path / secret)

    settings = load(environ)

    assert settings.kafka_bootstrap_servers == "kafka:19092"
    assert (settings.timescale_dsn is None) == ("secrets" not in service)


@every_service_of_ours
def test_ours_run_commands_that_exist_with_as_few_rights_as_they_need(service):
    program, *words = service["command"]
    commands = {*cli.commands, *(command.name for command in OWN_COMMANDS)}

    assert program in {"cryptoviz", "faust"}
    assert commands & set(words)
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    # Otherwise nothing forwards signals or reaps what is left behind.
    assert service["init"]


def test_workers_are_known_to_kafka_by_a_name_that_outlives_their_container():
    names = [OURS[name]["environment"]["CRYPTOVIZ_WORKER_ID"] for name in ("worker", "sink")]

    assert len(set(names)) == 2


def test_the_dockerfile_starts_from_pinned_images_and_ends_as_an_ordinary_user():
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.M)

    assert all(PINNED.fullmatch(image) for image in images), images
    assert users[-1:] not in ([], ["root"], ["0"])


def test_the_image_has_the_known_good_versions_and_no_extras():
    installs = re.findall(r"pip install (.*)", DOCKERFILE)

    assert installs
    for arguments in installs:
        assert "--constraint constraints.txt" in arguments
        assert "[" not in arguments


def test_every_package_is_let_into_the_image():
    let_in = (ROOT / ".dockerignore").read_text().split()
    copied = re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.M)

    for package in packages():
        assert f"!{package}/" in let_in
        assert package in copied


def test_what_the_dockerfile_copies_exists():
    for names in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.M):
        for name in names.split():
            assert (ROOT / name).exists(), name
