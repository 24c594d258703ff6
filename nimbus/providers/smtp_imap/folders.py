"""Folders as a server lists them, and which of them is Sent, Junk, Trash or Drafts, in whatever language."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from nimbus.providers.smtp_imap.folder_names import GENERIC_WORDS, NAMES


class SpecialUse(StrEnum):
    """What a folder is for; the values are the flags of RFC 6154."""

    SENT = "\\sent"
    JUNK = "\\junk"
    TRASH = "\\trash"
    DRAFTS = "\\drafts"
    ALL = "\\all"
    INBOX = "\\inbox"


@dataclass(frozen=True)
class Folder:
    """One folder: its decoded name, its flags in lower case, and what separates levels in names here."""

    name: str
    flags: frozenset[str] = frozenset()
    separator: str = "/"

    @property
    def own_name(self) -> str:
        """The last level of its name."""
        return self.name.rpartition(self.separator)[2] if self.separator else self.name

    @property
    def depth(self) -> int:
        """How many levels it lies below the top."""
        return self.name.count(self.separator) if self.separator else 0


def special_folder(folders: Iterable[Folder], use: SpecialUse) -> Folder | None:
    """The folder for this use: by the server's flag, else by its name in any language, top-level ones first.

    A name decides when it equals one of the known names, or when a single known word is left of it after
    words like "mail" or "items" are dropped: "Sent Mail" is Sent, "Sent to clients" is not.
    """
    by_depth = sorted(folders, key=lambda folder: folder.depth)
    known = _KNOWN[use]
    tests: tuple[Callable[[Folder], bool], ...] = (
        lambda folder: use.value in folder.flags,
        lambda folder: _plain(folder.own_name) in known,
        lambda folder: _only_word(folder.own_name) in known,
    )
    for is_it in tests:
        for folder in by_depth:
            if is_it(folder):
                return folder
    return None


def looks_like_inbox(folder: Folder) -> bool:
    """Whether new mail may be filed here: INBOX itself, or what mail programs call it in any language."""
    return SpecialUse.INBOX.value in folder.flags or _plain(folder.own_name) in _KNOWN[SpecialUse.INBOX]


def closest_first(wanted: str, names: Iterable[str]) -> list[str]:
    """The names, those that `wanted` may have meant first, then INBOX, then the rest as they came."""
    as_listed = list(names)
    plain = {_plain(name): name for name in as_listed}
    near = difflib.get_close_matches(_plain(wanted), plain, n=3, cutoff=0.6)
    inbox = [name for name in as_listed if name.upper() == "INBOX"]
    return list(dict.fromkeys([*(plain[name] for name in near), *inbox, *as_listed]))


def _plain(name: str) -> str:
    """Compared without case, direction marks and outer blanks."""
    shown = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    return shown.casefold().strip()


def _only_word(name: str) -> str | None:
    words = [word for word in re.split(r"[\s_]+", _plain(name)) if word and word not in GENERIC_WORDS]
    return words[0] if len(words) == 1 else None


_KNOWN = {use: frozenset(_plain(name) for name in NAMES.get(use, ())) for use in SpecialUse}
