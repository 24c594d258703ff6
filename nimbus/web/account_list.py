"""The account list as its page shows it: rows, counts, and what it can be narrowed to."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from werkzeug.datastructures import MultiDict

from nimbus.extensions import db
from nimbus.models.account_filter import AccountFilter
from nimbus.models.account_queries import AccountRow, Paging, domain_names, list_accounts
from nimbus.models.tag_queries import TagName, tags_in_use, tags_on
from nimbus.rules.providers import PROVIDER_NAMES
from nimbus.rules.rates import Rate
from nimbus.web.access import CurrentWorkspace
from nimbus.web.account_view import AccountView
from nimbus.web.components import percent
from nimbus.web.counts import this_moment, worded_counts
from nimbus.web.list_query import ListQuery


class ListedAccount(AccountView):
    """One row of the list: an account with its tags and short rates."""

    def __init__(self, row: AccountRow, timezone: str, tags: Sequence[TagName]) -> None:
        super().__init__(row, timezone)
        account = row.account
        self.tags = tags
        self.bounces = _short(account.bounce_rate_7d, account.bounce_count, account.bounce_of)
        self.complaints = _short(account.complaint_rate_7d, account.complaint_count, account.complaint_of)


class AccountList:
    """One view of the list."""

    def __init__(self, workspace: CurrentWorkspace, asked: MultiDict[str, str]) -> None:
        self.query = ListQuery.read(asked)
        self.counts = worded_counts(workspace)
        self.all_total = self.counts[0][2]
        rows, self.total = self._read(workspace)
        self.pages = max(1, ceil(self.total / self.query.per_page))
        if self.query.page > self.pages:  # the list became shorter than the address remembers
            self.query = replace(self.query, page=self.pages)
            rows, self.total = self._read(workspace)
        session = db.session()
        tags = tags_in_use(session, workspace.id)
        on = tags_on(session, workspace.id, [row.account.id for row in rows]) if tags else {}
        self.rows = [ListedAccount(row, workspace.timezone, on.get(row.account.id, ())) for row in rows]
        self.first = (self.page - 1) * self.query.per_page + 1 if self.rows else 0
        self.last = self.first + len(self.rows) - 1 if self.rows else 0
        self.domains: Sequence[str] = domain_names(session, workspace.id)
        self.clients = [tag.name for tag in tags if tag.is_client]
        self.tags = [tag.name for tag in tags if not tag.is_client]
        self.providers = [(key.value, name) for key, name in PROVIDER_NAMES.items()]

    @property
    def filters(self) -> AccountFilter:
        return self.query.filters

    @property
    def page(self) -> int:
        return self.query.page

    @property
    def is_filtered(self) -> bool:
        return self.filters != AccountFilter()

    def url(self, **changes: object) -> str:
        """The list's address with some values changed; None and usual values are left out."""
        return self.query.url(**changes)

    def _read(self, workspace: CurrentWorkspace) -> Any:
        asked = self.query
        paging = Paging(asked.sort, asked.direction == "desc", asked.page, asked.per_page)
        return list_accounts(
            db.session(), workspace.id, asked.filters, paging=paging, moment=this_moment(workspace)
        )


def _short(rate: float | None, count: int, of: int) -> str | None:
    """A rate with its counts. One that came without any, from another system, stands alone; None: nothing was sent."""
    if rate is None:
        return None
    return Rate(count, of).in_short() if of else percent(rate)
