"""Settings: documented, checked, frozen, and quiet about secrets."""

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Literal, get_args, get_origin

import pydantic
import pytest

from cryptoviz import settings_table
from cryptoviz.app import _app
from cryptoviz.environment import SECRET_FIELDS, SettingsError
from cryptoviz.settings import Settings, load

ROOT = Path(__file__).parents[2]
FIELDS = Settings.model_fields
UNITS = re.compile(
    r"seconds|days|partitions|replicas|records|connections|port|share", re.IGNORECASE
)
SECRET = "s3cret"

every_field = pytest.mark.parametrize("name", FIELDS)


def kinds(field):
    if get_origin(field.annotation) in (None, tuple, Literal):
        return [field.annotation]
    return [kind for kind in get_args(field.annotation) if kind is not type(None)]


NUMBERS = [name for name, field in FIELDS.items() if {int, float} & set(kinds(field))]
CHOICES = [name for name, field in FIELDS.items() if get_origin(kinds(field)[0]) is Literal]


def refusal(**environ):
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return str(caught.value)


@every_field
def test_every_setting_is_described_in_a_sentence(name):
    description = FIELDS[name].description

    assert description
    assert description.endswith(".")


@pytest.mark.parametrize("name", NUMBERS)
def test_the_description_of_a_number_names_its_unit(name):
    assert UNITS.search(FIELDS[name].description)


def test_the_table_of_the_documentation_is_the_one_that_the_settings_make():
    assert (ROOT / "docs" / "settings.md").read_text() == settings_table.table(), (
        "run: python -m cryptoviz.settings_table > docs/settings.md"
    )


def test_the_example_file_is_the_one_that_the_settings_make():
    assert (ROOT / ".env.example").read_text() == settings_table.example(), (
        "run: python -m cryptoviz.settings_table env > .env.example"
    )


@every_field
def test_the_table_and_the_example_have_every_setting_once(name):
    assert settings_table.table().count(f"| `{name.upper()}`") == 1
    assert settings_table.example().count(f"\n#{name.upper()}=") == 1


def test_the_defaults_of_the_example_file_are_the_defaults():
    lines = settings_table.example().splitlines()
    given = dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line))
    del given["CRYPTOVIZ_WORKER_ID"]

    assert load(given) == load({})


def test_the_command_writes_the_table_and_the_example():
    for arguments, expected in (([], settings_table.table()), (["env"], settings_table.example())):
        command = [sys.executable, "-m", "cryptoviz.settings_table", *arguments]
        assert subprocess.check_output(command, text=True) == expected


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_none_is_refused_with_its_variable_and_value(name):
    sentence = refusal(**{name.upper(): "plenty"})

    assert re.fullmatch(rf"{name.upper()} is wrong: .*, was 'plenty'\.", sentence.splitlines()[0])


@pytest.mark.parametrize("name", NUMBERS)
def test_a_negative_number_is_refused_with_its_variable_and_value(name):
    sentence = refusal(**{name.upper(): "-1"})

    assert re.match(rf"{name.upper()} is wrong: .*, was '?-1'?\.", sentence)


@pytest.mark.parametrize("name", CHOICES)
def test_a_word_that_is_no_choice_is_refused_with_the_choices(name):
    sentence = refusal(**{name.upper(): "whatever"})

    assert sentence.startswith(f"{name.upper()} is wrong: ")
    assert "'whatever'" in sentence
    assert all(repr(choice) in sentence for choice in get_args(kinds(FIELDS[name])[0]))


def test_every_wrong_variable_gets_its_own_sentence():
    sentences = refusal(WEB_PORT="0", TOPIC_PARTITIONS="none", TOPIC_CREATE="perhaps").splitlines()

    assert [sentence.split()[0] for sentence in sentences] == [
        "TOPIC_PARTITIONS",
        "TOPIC_CREATE",
        "WEB_PORT",
    ]


def test_an_empty_variable_counts_as_not_set():
    assert load(dict.fromkeys(map(str.upper, FIELDS), "")) == load({})


@pytest.mark.parametrize("name", SECRET_FIELDS)
def test_a_secret_may_be_the_content_of_a_file_without_its_last_line_break(name, tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\n\n")

    assert getattr(load({f"{name.upper()}_FILE": str(tmp_path / "secret")}), name) == f"{SECRET}\n"


@pytest.mark.parametrize("name", SECRET_FIELDS)
def test_the_variable_itself_wins_over_its_file(name, tmp_path):
    (tmp_path / "secret").write_text("other")
    environ = {name.upper(): SECRET, f"{name.upper()}_FILE": str(tmp_path / "secret")}

    assert getattr(load(environ), name) == SECRET


@pytest.mark.parametrize("name", SECRET_FIELDS)
def test_a_file_that_cannot_be_read_is_refused_with_its_variable(name, tmp_path):
    sentence = refusal(**{f"{name.upper()}_FILE": str(tmp_path / "nothing")})

    assert sentence.startswith(f"{name.upper()}_FILE cannot be read: ")


def test_no_message_shows_a_secret():
    login = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_PASSWORD": SECRET}
    dsn = f"postgresql://viz:{SECRET}@db/viz"

    # A problem of several fields carries all of them in pydantic's own message.
    sentence = refusal(**login, TIMESCALE_DSN=dsn, WEB_PORT="none")
    assert "WEB_PORT" in sentence
    assert SECRET not in sentence
    sentence = refusal(**login, TIMESCALE_DSN=dsn)
    assert "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set" in sentence
    assert SECRET not in sentence


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "http://127.0.0.1:6066"),
        ({"WEB_HOST": "0.0.0.0", "WEB_PORT": "80"}, f"http://{socket.gethostname()}:80"),
        ({"WEB_HOST": "::"}, f"http://{socket.gethostname()}:6066"),
        ({"WEB_HOST": "0.0.0.0", "WEB_ADDRESS": "worker-1"}, "http://worker-1:6066"),
        ({"WEB_HOST": "::1"}, "http://[::1]:6066"),
    ],
)
def test_other_workers_are_told_an_address_that_leads_here(environ, url):
    assert load(environ).web_url == url


@pytest.mark.parametrize("asked", ["true", "false"])
def test_fausts_own_routes_are_served_only_if_asked_for(asked):
    conf = _app("routes", load({"WEB_FAUST_ROUTES": asked})).conf

    found = {conf.web_tables_enabled, conf.web_router_enabled, conf.web_metrics_enabled}
    assert found == {asked == "true"}


def test_settings_cannot_be_changed():
    settings = load({})

    with pytest.raises(pydantic.ValidationError, match="frozen"):
        settings.web_port = 1


def test_a_worker_with_wrong_settings_ends_with_the_sentences_and_no_traceback():
    result = subprocess.run(
        [sys.executable, "-m", "cryptoviz", "worker"],
        env={"WEB_PORT": "none", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert result.stderr.startswith("WEB_PORT is wrong: ")
    assert "Traceback" not in result.stderr
