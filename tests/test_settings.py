"""The environment becomes one Settings, or one sentence."""

import stat

import pytest

from nimbus.errors import SettingsError
from nimbus.settings import describe, ensure_secret_key, load_settings
from nimbus.settings_kinds import CHECKOUT


def test_an_empty_environment_is_enough():
    settings = load_settings({})

    assert settings.database_url == f"sqlite:///{CHECKOUT}/data/nimbus.sqlite3"
    assert settings.redis_url is None
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.connection_tests_per_minute == 30


def test_the_database_lies_in_the_data_directory_that_was_named(tmp_path):
    assert (
        load_settings({"NIMBUS_DATA_DIR": str(tmp_path)}).database_url
        == f"sqlite:///{tmp_path}/nimbus.sqlite3"
    )


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u@h/n", "postgresql+psycopg://u@h/n"),
        ("postgresql://u@h/n", "postgresql+psycopg://u@h/n"),
        ("sqlite:////srv/x.db", "sqlite:////srv/x.db"),
        ("sqlite:///x.db", f"sqlite:///{CHECKOUT}/x.db"),
    ],
)
def test_a_database_url_gets_our_driver_and_an_absolute_path(given, used):
    assert load_settings({"DATABASE_URL": given}).database_url == used


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:8000", "http://[::1]:8000"),
        ("[fd00::1]:8000", "http://[fd00::1]:8000"),
        ("localhost:81", "http://localhost:81"),
    ],
)
def test_the_address_to_open_follows_the_address_to_listen_on(bind, address):
    assert load_settings({"NIMBUS_BIND": bind}).base_url == address


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("DATABASE_URL", "mysql://h/n", "SQLite or PostgreSQL"),
        ("DATABASE_URL", "nimbus.db", "must be a URL"),
        ("DATABASE_URL", "sqlite:///:memory:", "must name a file"),
        ("DATABASE_URL", "sqlite://", "must name a file"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("NIMBUS_BIND", "8000", "such as 127.0.0.1:8000"),
        ("NIMBUS_BIND", "127.0.0.1:0", "such as 127.0.0.1:8000"),
        ("NIMBUS_BASE_URL", "nimbus.example.com", "such as https://"),
        ("NIMBUS_BASE_URL", "https://nimbus.example.com/app", "must not contain a path"),
        ("NIMBUS_BASE_URL", "http://[bad", "is not a URL"),
        ("NIMBUS_SECRET_KEY", "short", "at least 16"),
        ("NIMBUS_CA_FILE", "/nowhere/ca.pem", "is not a file"),
        ("NIMBUS_CONNECTION_TESTS_PER_MINUTE", "0", "from 1 to 1000"),
        ("NIMBUS_CONNECTION_TESTS_PER_MINUTE", "many", "from 1 to 1000"),
        ("NIMBUS_LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("MICROSOFT_TENANT", "a/b", "directory's id or domain"),
        ("NIMBUS_OUTBOUND_ALLOW", "10.0.0.0/8\n25", "one line"),
        ("NIMBUS_NOTICE", "See [this](javascript:alert(1))", "http:// or https://"),
    ],
)
def test_a_doubtful_value_is_refused_with_its_name_and_what_would_be_right(name, value, hint):
    with pytest.raises(SettingsError, match=hint) as refusal:
        load_settings({name: value})

    assert str(refusal.value).startswith(name)


def test_a_key_inside_the_data_directory_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "data")
    environ = {"NIMBUS_DATA_DIR": str(tmp_path / "data"), "NIMBUS_KEY_FILE": str(tmp_path / "link" / "key")}

    with pytest.raises(SettingsError, match="keep the key elsewhere"):
        load_settings(environ)


@pytest.mark.parametrize("lonely", ["GOOGLE_CLIENT_ID", "MICROSOFT_CLIENT_SECRET"])
def test_half_of_an_oauth_client_is_refused(lonely):
    with pytest.raises(SettingsError, match="set both or neither"):
        load_settings({lonely: "x"})


def test_every_setting_can_come_from_a_file(tmp_path):
    (tmp_path / "url").write_text("redis://from-a-file\n", encoding="utf-8")

    settings = load_settings({"REDIS_URL_FILE": str(tmp_path / "url")})

    assert settings.redis_url == "redis://from-a-file"
    assert settings.sources["REDIS_URL"] == f"file {tmp_path / 'url'}"


def test_a_missing_settings_file_is_named():
    with pytest.raises(SettingsError, match="REDIS_URL_FILE names /nowhere"):
        load_settings({"REDIS_URL_FILE": "/nowhere"})


def test_a_setting_given_twice_is_refused():
    with pytest.raises(SettingsError, match="keep one"):
        load_settings({"REDIS_URL": "redis://h", "REDIS_URL_FILE": "/nowhere"})


def test_no_secret_is_printed():
    settings = load_settings(
        {
            "DATABASE_URL": "postgresql://user:canary@h/n?password=canary",
            "REDIS_URL": "redis://:canary@h",
            "NIMBUS_SECRET_KEY": "canary-canary-canary",
            "GOOGLE_CLIENT_ID": "id",
            "GOOGLE_CLIENT_SECRET": "canary",
        }
    )

    assert "canary" not in repr(settings) + repr(describe(settings))
    assert ("GOOGLE_CLIENT_SECRET", "set", "environment") in describe(settings)
    assert ("MICROSOFT_CLIENT_SECRET", "not set", "default") in describe(settings)


def test_the_secret_key_is_made_once_and_for_this_user_alone(tmp_path):
    environ = {"NIMBUS_KEY_FILE": str(tmp_path / "keys" / "instance.key")}

    made = ensure_secret_key(load_settings(environ)).secret_key

    assert len(made) >= 43
    assert ensure_secret_key(load_settings(environ)).secret_key == made
    assert stat.S_IMODE((tmp_path / "keys" / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
