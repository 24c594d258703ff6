"""The environment, read once into one frozen Settings; doubtful values are refused at start."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_origin, get_type_hints

from nimbus import settings_kinds as kind
from nimbus.errors import SettingsError


class Declared(NamedTuple):
    """One setting: its name, how its text is read, and its default (text, or made from the fields above it).

    A secret is printed neither by `flask config` nor by repr(). docs/settings.md says what each setting is for.
    """

    name: str
    parse: Callable[[str], Any]
    default: str | Callable[[dict[str, Any]], Any] | None
    secret: bool = False


def _default_database(known: dict[str, Any]) -> str:
    return f"sqlite:///{known['data_dir'] / 'nimbus.sqlite3'}"


def _default_base_url(known: dict[str, Any]) -> str:
    return kind.address_for_a_person(known["bind"])


def _kept_secret_key(known: dict[str, Any]) -> str | None:
    path = secret_key_path(known["key_file"])
    return path.read_text(encoding="utf-8").strip() if path.exists() else None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator can set, in the order of docs/settings.md."""

    data_dir: Annotated[Path, Declared("NIMBUS_DATA_DIR", kind.path, "data")]
    database_url: Annotated[str, Declared("DATABASE_URL", kind.database_url, _default_database)]
    redis_url: Annotated[str | None, Declared("REDIS_URL", kind.redis_url, None)]
    key_file: Annotated[Path, Declared("NIMBUS_KEY_FILE", kind.path, "keys/instance.key")]
    secret_key: Annotated[
        str | None, Declared("NIMBUS_SECRET_KEY", kind.secret_key, _kept_secret_key, secret=True)
    ]
    bind: Annotated[str, Declared("NIMBUS_BIND", kind.bind, "127.0.0.1:8000")]
    base_url: Annotated[str, Declared("NIMBUS_BASE_URL", kind.base_url, _default_base_url)]
    trusted_proxies: Annotated[int, Declared("NIMBUS_TRUSTED_PROXIES", kind.whole_number(0, 5), "0")]
    outbound_allow: Annotated[str, Declared("NIMBUS_OUTBOUND_ALLOW", kind.text, "")]
    ca_file: Annotated[Path | None, Declared("NIMBUS_CA_FILE", kind.existing_file, None)]
    dns_resolvers: Annotated[str, Declared("DNS_RESOLVERS", kind.text, "")]
    spamhaus_key: Annotated[str | None, Declared("SPAMHAUS_KEY", kind.dns_label, None, secret=True)]
    blocklists_off: Annotated[str, Declared("NIMBUS_BLOCKLISTS_OFF", kind.text, "")]
    google_client_id: Annotated[str | None, Declared("GOOGLE_CLIENT_ID", kind.text, None)]
    google_client_secret: Annotated[
        str | None, Declared("GOOGLE_CLIENT_SECRET", kind.text, None, secret=True)
    ]
    microsoft_client_id: Annotated[str | None, Declared("MICROSOFT_CLIENT_ID", kind.text, None)]
    microsoft_client_secret: Annotated[
        str | None, Declared("MICROSOFT_CLIENT_SECRET", kind.text, None, secret=True)
    ]
    microsoft_tenant: Annotated[str, Declared("MICROSOFT_TENANT", kind.tenant, "common")]
    google_auth_url: Annotated[
        str, Declared("GOOGLE_AUTH_URL", kind.provider_url, "https://accounts.google.com/o/oauth2/v2/auth")
    ]
    google_token_url: Annotated[
        str, Declared("GOOGLE_TOKEN_URL", kind.provider_url, "https://oauth2.googleapis.com/token")
    ]
    google_revoke_url: Annotated[
        str, Declared("GOOGLE_REVOKE_URL", kind.provider_url, "https://oauth2.googleapis.com/revoke")
    ]
    google_userinfo_url: Annotated[
        str,
        Declared(
            "GOOGLE_USERINFO_URL", kind.provider_url, "https://openidconnect.googleapis.com/v1/userinfo"
        ),
    ]
    gmail_api_base: Annotated[
        str, Declared("GMAIL_API_BASE", kind.provider_url, "https://gmail.googleapis.com")
    ]
    ms_login_base: Annotated[
        str, Declared("MS_LOGIN_BASE", kind.provider_url, "https://login.microsoftonline.com")
    ]
    ms_graph_base: Annotated[
        str, Declared("MS_GRAPH_BASE", kind.provider_url, "https://graph.microsoft.com/v1.0")
    ]
    notice: Annotated[kind.Notice | None, Declared("NIMBUS_NOTICE", kind.notice, None)]
    clock_file: Annotated[Path | None, Declared("NIMBUS_CLOCK_FILE", kind.path, None)]
    connection_tests_per_minute: Annotated[
        int, Declared("NIMBUS_CONNECTION_TESTS_PER_MINUTE", kind.whole_number(1, 1000), "30")
    ]
    log_level: Annotated[str, Declared("NIMBUS_LOG_LEVEL", kind.log_level, "warning")]
    sources: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{shown.name}={shown.value}' for shown in describe(self))})"


DECLARED: dict[str, Declared] = {
    attribute: hint.__metadata__[0]
    for attribute, hint in get_type_hints(Settings, include_extras=True).items()
    if get_origin(hint) is Annotated
}
TOGETHER = (
    ("google_client_id", "google_client_secret"),
    ("microsoft_client_id", "microsoft_client_secret"),
)


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read every declared setting, as NAME or from the file that NAME_FILE names; SettingsError when one is doubtful."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for attribute, declared in DECLARED.items():
        text, sources[declared.name] = _given(declared.name, environ)
        found = declared.default if text is None else text
        try:
            if isinstance(found, str):
                values[attribute] = declared.parse(found)
            else:
                values[attribute] = found(values) if found else None
        except ValueError as error:
            raise SettingsError(f"{declared.name} {error}") from None
    _refuse_contradictions(values)
    return Settings(**values, sources=sources)


def _given(name: str, environ: Mapping[str, str]) -> tuple[str | None, str]:
    """The text that was given for a setting (None when it was not) and where it came from."""
    text, file = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if text and file:
        raise SettingsError(f"{name} and {name}_FILE are both set: keep one of them.")
    if not file:
        return (text, "environment") if text else (None, "default")
    try:
        return kind.path(file).read_text(encoding="utf-8").strip(), f"file {file}"
    except (OSError, ValueError):
        raise SettingsError(f"{name}_FILE names {file}, which cannot be read as a text file.") from None


def _refuse_contradictions(values: dict[str, Any]) -> None:
    if values["key_file"].resolve().is_relative_to(values["data_dir"].resolve()):
        raise SettingsError(
            "NIMBUS_KEY_FILE lies inside NIMBUS_DATA_DIR: keep the key elsewhere, "
            "so that a copy of the data alone opens nothing."
        )
    for first, second in TOGETHER:
        if (values[first] is None) != (values[second] is None):
            one, other = DECLARED[first].name, DECLARED[second].name
            raise SettingsError(f"{one} and {other} belong together: set both or neither.")


class Shown(NamedTuple):
    """One line of `flask config`: secrets appear only as "set" or "not set"."""

    name: str
    value: str
    source: str


def describe(settings: Settings) -> list[Shown]:
    """Every setting for a person to read: name, value without secrets, and where the value came from."""
    shown = []
    for attribute, declared in DECLARED.items():
        value = getattr(settings, attribute)
        if declared.parse in (kind.database_url, kind.redis_url) and value:
            value = kind.without_password(value)
        elif declared.secret and value:
            value = "set"
        name = declared.name
        shown.append(
            Shown(
                name, "not set" if value in (None, "") else str(value), settings.sources.get(name, "default")
            )
        )
    return shown


def secret_key_path(key_file: Path) -> Path:
    """Where the key that signs cookies is kept when NIMBUS_SECRET_KEY does not give it: beside the instance key."""
    return key_file.with_name("secret.key")


def ensure_secret_key(settings: Settings) -> Settings:
    """The settings with a secret key in them; makes one of 256 bits, file mode 0600, when there is none yet."""
    if settings.secret_key:
        return settings
    path = secret_key_path(settings.key_file)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = secrets.token_urlsafe(32)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(key + "\n")
    return replace(settings, secret_key=key)


def current_settings() -> Settings:
    """The settings of the application at hand. Needs an application context."""
    from flask import current_app  # here: who only starts or schedules others does without Flask

    settings: Settings = current_app.extensions["nimbus.settings"]
    return settings
