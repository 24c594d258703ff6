"""The mailboxes of the mail system over IMAP: pymap's folders, filled with what arrives in the world."""

import asyncio
import ssl
from argparse import Namespace
from collections.abc import Callable

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Identity, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPServer
from pymap.interfaces.login import IdentityInterface
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.creds.server import ServerCredentials
from pysasl.hashing import BuiltinHash
from pysasl.identity import ClearIdentity

from nimbus.sandbox.world import Mailbox, Stored, System, World

_FOLDERS = ("Sent", "Drafts", "Junk", "Trash")  # beside INBOX
_OF_LABEL = {"SPAM": "Junk", "TRASH": "Trash", "SENT": "Sent"}

Refuses = Callable[[str, Callable[[str], bool]], bool]


class _Config(Config):
    @property
    def greeting(self) -> bytes:
        """Without the machine's name, which the library would look up."""
        return b"Practice world ready"


class _Login(Login):
    """Who may sign in is the world's to say."""

    def __init__(self, config: Config, folders: "ImapFolders") -> None:
        super().__init__(config)
        self._folders = folders

    async def authenticate(self, credentials: ServerCredentials) -> Identity:
        given = credentials.authcid
        if self._folders.refuses(given, lambda real: credentials.verify(ClearIdentity(given, real))):
            raise InvalidAuth
        name = given.lower()
        self.users_dict[name] = UserMetadata(self.config, name)
        await self._folders.of(name)
        return Identity(name, self, None, frozenset())

    async def authorize(self, authenticated: IdentityInterface, authzid: str) -> Identity:  # noqa: ARG002
        assert isinstance(authenticated, Identity)
        return authenticated


class ImapFolders:
    """All folders, made when their owner first signs in. Everything but `_arrived` happens in the loop that made it.

    refuses: told an address and a way to try a password; whether that sign-in fails.
    """

    def __init__(self, world: World, refuses: Refuses, tls: ssl.SSLContext) -> None:
        self.refuses = refuses
        self._world = world
        self._loop = asyncio.get_running_loop()
        self._shown: dict[str, set[str]] = {}  # ids of the messages that lie in somebody's folders
        self._config = _Config(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host=None,
            port=0,
            demo_data=False,
            demo_user="",
            demo_password="",
            tls_enabled=False,  # of the kind that begins in clear: STARTTLS is not offered
            ssl_context=tls,
            hash_context=BuiltinHash(),
        )
        self._config.apply_context()
        world.listeners.append(self._arrived)
        world.forgetters.append(self._forget)

    async def start_server(self, host: str) -> asyncio.Server:
        """Serve IMAP over TLS on a free port."""
        imap = IMAPServer(_Login(self._config, self), self._config)
        answer = ProxyProtocolReader(self._config.proxy_protocol).get_callback(imap)
        return await asyncio.start_server(answer, host, 0, ssl=self._config.ssl_context)

    def close(self) -> None:
        """Hear of nothing any more."""
        self._world.listeners.remove(self._arrived)
        self._world.forgetters.remove(self._forget)

    async def of(self, address: str) -> MailboxSet:
        """Somebody's folders, with everything in them that has arrived so far."""
        if address not in self._shown:
            folders = MailboxSet()
            for name in _FOLDERS:
                await folders.add_mailbox(name)
            self._config.set_cache[address] = folders, FilterSet()
            self._shown[address] = set()
            with self._world.lock:
                there = list(self._world.mailboxes[address].messages)
            for stored in there:
                await self._show(address, stored)
        return self._config.set_cache[address][0]

    async def _show(self, address: str, stored: Stored) -> None:
        shown = self._shown.get(address)
        if shown is None or stored.id in shown:
            return
        shown.add(stored.id)
        name = next((folder for label, folder in _OF_LABEL.items() if label in stored.labels), "INBOX")
        folder = await self._config.set_cache[address][0].get_mailbox(name)
        await folder.append(AppendMessage(stored.raw, stored.arrived_at, frozenset()), recent=True)

    def _arrived(self, mailbox: Mailbox, stored: Stored) -> None:
        if mailbox.system is System.MAIL:
            asyncio.run_coroutine_threadsafe(self._show(mailbox.address, stored), self._loop)

    def _forget(self) -> None:
        self._loop.call_soon_threadsafe(self._config.set_cache.clear)
        self._loop.call_soon_threadsafe(self._shown.clear)
