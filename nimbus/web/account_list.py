"""The account list as its page shows it: rows, counts, and addresses that carry filter, order and page."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from nimbus.extensions import db
from nimbus.models.account_queries import (
    PER_PAGE,
    SORTS,
    AccountFilter,
    Paging,
    domain_names,
    list_accounts,
)
from nimbus.rules.inbox_status import StatusKey
from nimbus.rules.providers import PROVIDER_NAMES, Provider
from nimbus.web.access import CurrentWorkspace
from nimbus.web.account_view import AccountView
from nimbus.web.counts import this_moment, worded_counts

_DEFAULTS = {"sort": "status", "direction": "asc", "page": 1, "per_page": 50}


class AccountList:
    """One view of the list. Doubtful values in the address fall back to the usual ones."""

    def __init__(self, workspace: CurrentWorkspace, query: MultiDict[str, str]) -> None:
        self.filters = _filters(query)
        self.sort = query.get("sort", "") if query.get("sort") in SORTS else "status"
        self.direction = "desc" if query.get("direction") == "desc" else "asc"
        self.per_page = _number(query.get("per_page"), one_of=PER_PAGE, usual=50)
        self.counts = worded_counts(workspace)
        self.all_total = self.counts[0][2]
        self.page = max(1, _number(query.get("page"), usual=1))
        rows, self.total = self._read(workspace)
        self.pages = max(1, ceil(self.total / self.per_page))
        if self.page > self.pages:  # the list became shorter than the address remembers
            self.page = self.pages
            rows, self.total = self._read(workspace)
        self.rows = [AccountView(row, workspace.timezone) for row in rows]
        self.first = (self.page - 1) * self.per_page + 1 if self.rows else 0
        self.last = self.first + len(self.rows) - 1 if self.rows else 0
        self.domains: Sequence[str] = domain_names(db.session(), workspace.id)
        self.providers = [(key.value, name) for key, name in PROVIDER_NAMES.items()]

    @property
    def is_filtered(self) -> bool:
        return self.filters != AccountFilter()

    def url(self, **changes: object) -> str:
        """The list's address with some values changed; None and usual values are left out."""
        values: dict[str, Any] = {
            "q": self.filters.q,
            "status": self.filters.status,
            "provider": self.filters.provider,
            "domain": self.filters.domain,
            "sort": self.sort,
            "direction": self.direction,
            "page": self.page,
            "per_page": self.per_page,
        }
        values |= changes
        shown = {name: value for name, value in values.items() if value and value != _DEFAULTS.get(name)}
        return url_for("email_accounts.index", **shown)

    def _read(self, workspace: CurrentWorkspace) -> Any:
        paging = Paging(self.sort, self.direction == "desc", self.page, self.per_page)
        return list_accounts(
            db.session(), workspace.id, self.filters, paging=paging, moment=this_moment(workspace)
        )


def _filters(query: MultiDict[str, str]) -> AccountFilter:
    status, provider = query.get("status", ""), query.get("provider", "")
    return AccountFilter(
        q=query.get("q", "").replace("\0", "").strip()[:200],
        status=status if status in list(StatusKey) else "",
        provider=provider if provider in list(Provider) else "",
        domain=query.get("domain", "").replace("\0", "")[:253],
    )


def _number(text: str | None, *, usual: int, one_of: Sequence[int] = ()) -> int:
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) <= 6 else usual
    return number if not one_of or number in one_of else usual
