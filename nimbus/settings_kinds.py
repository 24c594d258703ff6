"""How the text of each kind of setting is read; ValueError completes a sentence that begins with the setting's name."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

CHECKOUT = Path(__file__).resolve().parent.parent


def text(given: str) -> str:
    """Any text on one line."""
    if not given.isprintable():
        raise ValueError("must be one line of printable text.")
    return given


def path(given: str) -> Path:
    """A file or directory; a relative one counts from the checkout, wherever the command was started."""
    return CHECKOUT / Path(text(given)).expanduser()


def existing_file(given: str) -> Path:
    """A file that must be there."""
    found = path(given)
    if not found.is_file():
        raise ValueError(f"names {given}, which is not a file.")
    return found


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers between two bounds, both allowed."""

    def read(given: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", given) or not least <= int(given) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}.")
        return int(given)

    return read


def database_url(given: str) -> str:
    """A SQLite file or a PostgreSQL database; the driver is ours to choose."""
    scheme, separator, rest = given.partition("://")
    if not separator:
        raise ValueError(
            "must be a URL such as sqlite:////srv/nimbus.sqlite3 or postgresql://user@host/name."
        )
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if scheme != "sqlite":
        raise ValueError(f"names {scheme}, but NimbusOS keeps its data in SQLite or PostgreSQL.")
    if not rest.startswith("/") or rest == "/" or ":memory:" in rest:
        raise ValueError(
            "must name a file, as in sqlite:////srv/nimbus.sqlite3: several processes share the database."
        )
    # Flask-SQLAlchemy would look for a relative file in a folder of its own.
    return f"sqlite:///{CHECKOUT / rest[1:]}"


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError("is not a URL.") from None


def redis_url(given: str) -> str:
    """A Redis or Valkey server."""
    if _split(given).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must begin with redis://, rediss:// or unix://.")
    return given


def secret_key(given: str) -> str:
    """Enough characters that cookies cannot be forged by guessing."""
    if len(given) < 16:
        raise ValueError("is too short: give at least 16 random characters.")
    return given


def bind(given: str) -> str:
    """Address and port to listen on."""
    host, _, port = given.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError("must be an address and a port, such as 127.0.0.1:8000.")
    return given


def host_and_port(bound: str) -> tuple[str, int]:
    """Both halves of a bind address; the brackets of an IPv6 address are taken off."""
    host, _, port = bound.rpartition(":")
    return host.strip("[]"), int(port)


def address_for_a_person(bound: str) -> str:
    """The URL at which a browser on this machine reaches a bind address."""
    host, port = host_and_port(bound)
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - only compared with
    return f"http://{everywhere.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def base_url(given: str) -> str:
    """Scheme, host and port under which people reach the product; links and cookies follow it."""
    parts = _split(given.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be an address such as https://nimbus.example.com.")
    if parts.path or parts.query or parts.fragment:
        raise ValueError("must not contain a path: NimbusOS answers at the root of its host.")
    return f"{parts.scheme}://{parts.netloc}"


def provider_url(given: str) -> str:
    """Where a provider's service is; what is sent there opens mailboxes, so plain http stays on this machine."""
    parts = _split(given.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be an address such as https://gmail.googleapis.com.")
    if parts.query or parts.fragment:
        raise ValueError("must end with a path: a query or a fragment would be lost.")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError("must begin with https://; only an address of this machine may do without.")
    return parts.geturl()


class Notice(NamedTuple):
    """A sentence for everybody who is signed in, and the one link in it."""

    before: str
    label: str = ""
    url: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.before}[{self.label}]({self.url}){self.after}" if self.url else self.before


def notice(given: str) -> Notice:
    """A sentence with at most one link, written as [its words](https://…)."""
    parts = re.split(r"\[([^\[\]]+)\]\((\S*?)\)", text(given), maxsplit=1)
    if len(parts) > 1 and _split(parts[2]).scheme not in ("http", "https"):
        raise ValueError("has a link that does not begin with http:// or https://.")
    return Notice(*parts)


def tenant(given: str) -> str:
    """A Microsoft directory: common, organizations, consumers, its id or its domain."""
    if not re.fullmatch(r"[A-Za-z0-9.-]+", given):
        raise ValueError("must be common, organizations, consumers, or a directory's id or domain.")
    return given


def dns_label(given: str) -> str:
    """A key that becomes a part of the names that are looked up."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,63}", given):
        raise ValueError("must be letters, digits and hyphens, as Spamhaus gives it.")
    return given


def log_level(given: str) -> str:
    """How much is logged, in the spelling that the logging module takes."""
    if given.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("must be debug, info, warning or error.")
    return given.upper()


def without_password(url: str) -> str:
    """A URL that can be printed: no password before the host and no query, which may carry one too."""
    parts = urlsplit(url)
    credentials, at, host = parts.netloc.rpartition("@")
    if ":" in credentials:
        credentials = credentials.partition(":")[0] + ":…"
    return f"{parts.scheme}://{credentials}{at}{host}{parts.path}"
