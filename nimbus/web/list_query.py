"""The address of the account list: read from what a browser asks for, and written for what a link leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from flask import url_for
from werkzeug.datastructures import MultiDict

from nimbus.models.account_filter import AccountFilter
from nimbus.models.account_queries import PER_PAGE, SORTS
from nimbus.rules.inbox_status import WORDS, StatusKey
from nimbus.rules.providers import PROVIDER_NAMES, Provider

_DEFAULTS = {"sort": "status", "direction": "asc", "page": 1, "per_page": 50}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """One view of the list. Doubtful values in the address fall back to the usual ones."""

    filters: AccountFilter
    sort: str = "status"
    direction: str = "asc"
    page: int = 1
    per_page: int = 50

    @classmethod
    def read(cls, query: MultiDict[str, str]) -> Self:
        """What an address, or a form that carries its parts, asks for."""
        return cls(
            filters=_filters(query),
            sort=query.get("sort", "") if query.get("sort") in SORTS else "status",
            direction="desc" if query.get("direction") == "desc" else "asc",
            page=max(1, _number(query.get("page"), usual=1)),
            per_page=_number(query.get("per_page"), one_of=PER_PAGE, usual=50),
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The same for what stands behind the `?` of an address."""
        return cls.read(MultiDict(parse_qsl(text, max_num_fields=50, errors="replace") if text else []))

    def values(self, **changes: object) -> dict[str, Any]:
        """The parts of the address, some of them changed; None and usual values are left out."""
        wanted = self.filters
        values: dict[str, Any] = {
            "q": wanted.q,
            "status": wanted.status,
            "provider": wanted.provider,
            "domain": wanted.domain,
            "client": wanted.client,
            "tag": wanted.tag,
            "sort": self.sort,
            "direction": self.direction,
            "page": self.page,
            "per_page": self.per_page,
        }
        values |= changes
        return {name: value for name, value in values.items() if value and value != _DEFAULTS.get(name)}

    def url(self, **changes: object) -> str:
        """The list's address with some values changed."""
        return url_for("email_accounts.index", **self.values(**changes))

    def text(self) -> str:
        """What a saved view keeps: everything but the page."""
        return urlencode(self.values(page=None))

    def in_words(self) -> str:
        """What the filters ask for: “in Cooldown, for client Acme”."""
        wanted = self.filters
        parts = (
            (wanted.status and f"in {WORDS[StatusKey(wanted.status)][0]}"),
            (wanted.client and f"for client {wanted.client}"),
            (wanted.tag and f"with the tag {wanted.tag}"),
            (wanted.provider and f"at {PROVIDER_NAMES[Provider(wanted.provider)]}"),
            (wanted.domain and f"on {wanted.domain}"),
            (wanted.q and f"found by “{wanted.q}”"),
        )
        return ", ".join(part for part in parts if part)


def _filters(query: MultiDict[str, str]) -> AccountFilter:
    status, provider = query.get("status", ""), query.get("provider", "")
    return AccountFilter(
        q=_text(query, "q", 200),
        status=status if status in list(StatusKey) else "",
        provider=provider if provider in list(Provider) else "",
        domain=_text(query, "domain", 253),
        client=_text(query, "client", 40),
        tag=_text(query, "tag", 40),
    )


def _text(query: MultiDict[str, str], name: str, longest: int) -> str:
    return query.get(name, "").replace("\0", "").strip()[:longest]


def _number(text: str | None, *, usual: int, one_of: Sequence[int] = ()) -> int:
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) <= 6 else usual
    return number if not one_of or number in one_of else usual
