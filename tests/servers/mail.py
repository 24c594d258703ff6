"""A real mail system on loopback, thrown away afterwards: Postfix takes mail in, Dovecot keeps and shows it."""

from __future__ import annotations

import atexit
import base64
import contextlib
import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.availability import DOVECOT, POSTFIX
from tests.servers.certificates import Authority
from tests.servers.maildir import read_maildir
from tests.servers.postfix import make_queues
from tests.servers.processes import (
    KILL_ALL,
    ClaimedPorts,
    end,
    group_of,
    remove_directory,
    short_directory,
    spawn,
    unprivileged_user,
    wait_until,
)

_TEMPLATES = Path(__file__).parent / "conf"


SPECIAL_USE = {
    "Sent": "\\Sent",
    "Drafts": "\\Drafts",
    "Junk": "\\Junk",
    "Trash": "\\Trash",
    "Archive": "\\Archive",
}


@dataclass(kw_only=True)
class MailStack:
    """Postfix and Dovecot on free ports of 127.0.0.1; needs root, for Postfix.

    Ports: `smtp_ssl`, `smtp_starttls` (sign-in after TLS only) and `smtp_plain` (no TLS offered, sign-in in clear)
    take signed-in mail; `imap_ssl`, and `imap_starttls`, which is also `imap_plain`; `lmtp`. Certificates are for
    mail.test, localhost, 127.0.0.1 and ::1.

    All options but `users` and `logins` hold from start to stop:
    users: address to password. logins: another user name to the address it signs in as, with that one's password.
    mailboxes: folder name to special use, or None for an ordinary one. filed: address to the folder its mail goes
    to (ASCII name). dropped: addresses whose mail is accepted and thrown away. refused: address to the answer at
    RCPT, such as "451 4.7.1 try later". tls_min: TLSv1, TLSv1.2 or TLSv1.3. require_tls: the STARTTLS port
    takes no command before it (Dovecot trusts loopback and cannot be that strict: see `faults.login_disabled`).
    """

    users: dict[str, str] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    domains: Collection[str] = ("alpha.test", "beta.test")
    mailboxes: Mapping[str, str | None] = field(default_factory=lambda: SPECIAL_USE)
    filed: Mapping[str, str] = field(default_factory=dict)
    dropped: Collection[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    tls_min: str = "TLSv1.2"
    require_tls: bool = False

    def __post_init__(self) -> None:
        self.directory = short_directory("nms-")
        self.authority = Authority()
        self.ca_file = self.directory / "ca.pem"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._ports = ClaimedPorts(7)
        (
            self.smtp_ssl,
            self.smtp_starttls,
            self.smtp_plain,
            self.imap_ssl,
            self.imap_starttls,
            self.lmtp,
            self._sasl,
        ) = self._ports.numbers
        self.imap_plain = self.imap_starttls
        (self.directory / "users").mkdir()
        self.users = dict(self.users)
        self.add_users(self.users, self.logins)

    def add_users(self, users: Mapping[str, str], logins: Mapping[str, str] | None = None) -> None:
        """Give these addresses a mailbox, before the start or while running; a new one works at once.

        A password changed while running is noticed by Dovecot within a second.
        """
        self.users.update(users)
        for address, password in users.items():
            self._write_user(address, password)
        for login, address in (logins or {}).items():
            self._write_user(login, self.users[address], signs_in_as=address)

    def _write_user(self, name: str, password: str, *, signs_in_as: str | None = None) -> None:
        sealed = base64.b64encode(password.encode()).decode()
        extra = f"user={signs_in_as}" if signs_in_as else ""
        fresh = self.directory / "new-user"
        fresh.write_text(f"{name.lower()}:{{PLAIN.b64}}{sealed}::::::{extra}\n", encoding="utf-8")
        fresh.rename(self.directory / "users" / name.lower())

    # Configuration

    def _values(self) -> dict[str, object]:
        user = unprivileged_user()
        folders = (
            f'  mailbox "{name}" {{\n    auto = subscribe\n'
            + (f"    special_use = {use}\n" if use else "")
            + "  }"
            for name, use in self.mailboxes.items()
        )
        return {
            "dir": self.directory,
            "user": user,
            "group": group_of(user),
            "domains": " ".join(self.domains),
            "mailboxes": "\n".join(folders),
            "tls_min": self.tls_min,
            # OpenSSL 3 speaks versions older than 1.2 at its lowest security level only.
            "ciphers": "ALL:@SECLEVEL=0" if self.tls_min == "TLSv1" else "HIGH:!aNULL",
            "starttls": "encrypt" if self.require_tls else "may",
            "smtp_ssl": self.smtp_ssl,
            "smtp_starttls": self.smtp_starttls,
            "smtp_plain": self.smtp_plain,
            "imap_ssl": self.imap_ssl,
            "imap_plain": self.imap_plain,
            "lmtp": self.lmtp,
            "sasl": self._sasl,
        }

    def _fill(self, template: str, target: Path) -> None:
        text = (_TEMPLATES / template).read_text(encoding="utf-8")
        for name, value in self._values().items():
            text = text.replace(f"@{name}@", str(value))
        target.write_text(text, encoding="utf-8")

    def _configure(self) -> None:
        self.ca_file.write_bytes(self.authority.pem)
        _, key = self.authority.issue().write(self.directory)
        shutil.chown(key, unprivileged_user())
        shutil.chown(self.directory, unprivileged_user())
        for name in ("run", "state", "home"):
            (self.directory / name).mkdir()
            shutil.chown(self.directory / name, unprivileged_user())
        self._fill("dovecot.conf", self.directory / "dovecot.conf")
        self._configure_postfix(self.directory / "postfix")

    def _configure_postfix(self, config: Path) -> None:
        config.mkdir()
        self._fill("main.cf", config / "main.cf")
        self._fill("master.cf", config / "master.cf")
        tables = {
            "transport": dict.fromkeys(self.dropped, "discard:"),
            "refused": self.refused,
            "filed": {address: self._detailed(address) for address in self.filed},
        }
        for name, rows in tables.items():
            (config / name).write_text("".join(f"{key} {value}\n" for key, value in rows.items()))
        # Postfix waits more than a second for files that were only just written: somebody may still be writing.
        for file in config.iterdir():
            os.utime(file, (time.time() - 60,) * 2)
        make_queues(self.directory)

    # Life

    def start(self) -> Self:
        """Start both servers and return when every port answers; RuntimeError with their logs if one dies."""
        atexit.register(self.stop)
        try:
            self._configure()
            self._launch()
            for port in (
                self.imap_plain,
                self.imap_ssl,
                self.lmtp,
                self.smtp_plain,
                self.smtp_starttls,
                self.smtp_ssl,
            ):
                wait_until(partial(self._answers, port), within=15, what=f"mail server on port {port}")
        except BaseException:
            self.stop()
            raise
        return self

    def _launch(self) -> None:
        log, config = self.directory / "output.log", self.directory / "postfix"
        dovecot = [DOVECOT, "-F", "-c", str(self.directory / "dovecot.conf")]
        self._processes.append(spawn(dovecot, log=log, ending=KILL_ALL, user=unprivileged_user()))
        postfix = [POSTFIX, "-d", "-c", str(config)]
        self._processes.append(
            spawn(postfix, log=log, ending=KILL_ALL, environment={"MAIL_CONFIG": str(config)})
        )

    def _answers(self, port: int) -> bool:
        if any(process.poll() is not None for process in self._processes):
            raise RuntimeError("a mail server ended at its start:\n" + self.logs())
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=5) as connection,
        ):
            # A listener may be open before anyone serves it; on the other ports the client speaks first.
            return port in (self.imap_ssl, self.smtp_ssl) or bool(connection.recv(1))
        return False

    def _all_closed(self) -> bool:
        for port in self._ports.numbers:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return False
        return True

    def stop(self) -> None:
        """End both servers and remove everything they kept."""
        atexit.unregister(self.stop)
        for process in self._processes:
            end(process)
        if self._processes:
            # Killed, but the last of them may still be on its way out with a port open.
            wait_until(self._all_closed, within=5, what="the mail servers' end")
        self._processes.clear()
        self._ports.release()
        remove_directory(self.directory)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def logs(self) -> str:
        """What both servers have written so far, for the message of a failing test."""
        files = (self.directory / name for name in ("output.log", "dovecot.log", "postfix.log"))
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())

    # What tests use

    def client_context(self) -> ssl.SSLContext:
        """A client's TLS context that trusts these servers."""
        return self.authority.client_context()

    def deliver(self, address: str, message: bytes) -> None:
        """Put a message into the mailbox of the address as mail from outside would arrive, without a sign-in."""
        recipient = self._detailed(address) if address in self.filed else address
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            lmtp.sendmail("outside@elsewhere.test", [recipient], message)

    def messages(self, address: str, folder: str = "INBOX") -> list[EmailMessage]:
        """What lies in the folder, oldest first, read from disk: a record that no mail client had a hand in."""
        maildir = self.directory / "home" / address.lower() / "Maildir"
        if folder != "INBOX":
            maildir /= folder
        return read_maildir(maildir)

    def await_messages(
        self, address: str, folder: str = "INBOX", *, count: int = 1, within: float = 5
    ) -> list[EmailMessage]:
        """The folder's messages as soon as there are `count`; TimeoutError with the logs after `within` seconds."""
        try:
            wait_until(
                lambda: len(self.messages(address, folder)) >= count,
                within=within,
                what=f"mail for {address}",
            )
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.logs()[-5000:]}") from None
        return self.messages(address, folder)

    def _detailed(self, address: str) -> str:
        local, _, domain = address.partition("@")
        return f"{local}+{self.filed[address]}@{domain}"
