"""Reading accounts: one by id, and a page of the list."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AccountTag, InboxHour, Tag
from nimbus.models.account_queries import (
    SORTS,
    AccountFilter,
    Moment,
    Paging,
    count_by_status,
    count_on_domain,
    domain_names,
    find_account,
    find_account_by_email,
    list_accounts,
    list_senders,
    matching_ids,
)
from nimbus.models.tag_queries import tags_in_use
from tests.factories import make_domain, make_email_account, make_inbox_day, make_workspace

ZONE = "Europe/Paris"


@pytest.fixture
def zenith(context):
    return make_workspace("Zenith")


def at_once():
    return Moment(now(), local_day(now(), ZONE))


def emails(workspace_id, wanted=None, **paging):
    """The addresses before the @ of a page of the list."""
    rows, _ = list_accounts(
        db.session(), workspace_id, wanted or AccountFilter(), paging=Paging(**paging), moment=at_once()
    )
    return [row.account.email.partition("@")[0] for row in rows]


def find(workspace_id, account_id):
    return find_account(db.session(), workspace_id, account_id, at_once().day)


def test_an_account_is_found_with_its_domain_servers_and_sends_of_the_day(acme):
    account_id = make_email_account(acme, "ava@acme.test")
    make_inbox_day(acme, account_id, sent=3, reserved=2)
    make_inbox_day(acme, account_id, sent=40, days_ago=1)

    row = find(acme, account_id)
    assert row.sent_today == 5
    assert row.account.domain.name == "acme.test"
    assert sorted(server.leg for server in row.account.servers) == ["imap", "smtp"]


def test_an_account_that_sent_nothing_sent_none_today(acme):
    assert find(acme, make_email_account(acme)).sent_today == 0


def test_another_workspaces_or_removed_account_is_not_found(acme, zenith):
    theirs = make_email_account(zenith, "cy@zenith.test")
    gone = make_email_account(acme, "gone@acme.test", removed_at=now())

    assert find(acme, theirs) is None
    assert find(acme, gone) is None
    assert find_account_by_email(db.session(), acme, "cy@zenith.test") is None
    assert find_account_by_email(db.session(), acme, "gone@acme.test") is None
    assert find_account_by_email(db.session(), zenith, "cy@zenith.test").id == theirs


def test_no_list_count_or_choice_shows_another_workspaces_or_removed_account(acme, zenith):
    make_email_account(zenith, "cy@zenith.test")
    make_email_account(acme, "gone@old.test", removed_at=now())
    make_email_account(acme, "ava@acme.test")

    assert emails(acme) == ["ava"]
    assert sum(count_by_status(db.session(), acme, at_once()).values()) == 1
    assert domain_names(db.session(), acme) == ["acme.test"]
    assert count_on_domain(db.session(), acme, make_domain(acme, "old.test")) == 0
    assert count_on_domain(db.session(), acme, make_domain(zenith, "zenith.test")) == 0


SEARCHES = {
    "ava": ["ava"],
    "AVA@ACME": ["ava"],
    "able": ["ava"],
    "acme.test": ["100%_sure", "ava", "mia", "zoe"],
    "mia acme": ["mia"],
    "mia zoe": [],
    "%": ["100%_sure"],
    "_": ["100%_sure"],
    "0%_": ["100%_sure"],
    "a%a": [],
    "a_a": [],
    "\\": ["zoe"],
    "'; drop": [],
    "Ärger": ["mia"],
    "ÖZGE": ["mia"],
    "   ": ["100%_sure", "ava", "mia", "zoe"],
}


def test_search_finds_addresses_and_names_as_they_are_typed(acme):
    make_email_account(acme, "ava@acme.test", display_name="Ava Able")
    make_email_account(acme, "mia@acme.test", display_name="Özge ärger")
    make_email_account(acme, "100%_sure@acme.test", display_name="")
    make_email_account(acme, "zoe@acme.test", display_name="Zoe \\ Zone")

    assert {typed: emails(acme, AccountFilter(q=typed)) for typed in SEARCHES} == SEARCHES


def test_filters_narrow_each_other(acme):
    make_email_account(acme, "a@one.test", provider="gmail")
    make_email_account(acme, "b@one.test", current_stage=0)
    make_email_account(acme, "c@two.test", current_stage=0)

    assert emails(acme, AccountFilter(domain="one.test")) == ["b", "a"]
    assert emails(acme, AccountFilter(provider="gmail")) == ["a"]
    assert emails(acme, AccountFilter(status="warming")) == ["b", "c"]
    assert emails(acme, AccountFilter(status="warming", domain="two.test", provider="smtp_imap")) == ["c"]
    assert emails(acme, AccountFilter(status="ready", domain="two.test")) == []


def tag(workspace_id, account_id, name, *, is_client=False):
    with transaction() as session:
        tag = Tag(workspace_id=workspace_id, name=name, folded=name.casefold(), is_client=is_client)
        session.add(tag)
        session.flush()
        session.add(AccountTag(workspace_id=workspace_id, account_id=account_id, tag_id=tag.id))


def test_tags_and_clients_are_filters_and_are_found_in_any_case(acme, zenith):
    a, b = (make_email_account(acme, f"{name}@one.test") for name in "ab")
    tag(acme, a, "Größe", is_client=True)
    tag(acme, b, "100%")
    tag(zenith, make_email_account(zenith, "c@one.test"), "Other")
    found = {
        "client": emails(acme, AccountFilter(client="GRÖSSE")),
        "not a client": emails(acme, AccountFilter(tag="Größe")),
        "tag": emails(acme, AccountFilter(tag="100%")),
        "search": emails(acme, AccountFilter(q="gröss one")),
        "no pattern": emails(acme, AccountFilter(q="0%")),
        "another workspace's": emails(acme, AccountFilter(q="other")),
    }

    assert found == {
        "client": ["a"],
        "not a client": [],
        "tag": ["b"],
        "search": ["a"],
        "no pattern": ["b"],
        "another workspace's": [],
    }
    assert tags_in_use(db.session(), acme) == [("Größe", True), ("100%", False)]


def test_all_that_match_are_found_whatever_the_page(acme, zenith):
    ids = [make_email_account(acme, f"{number}@x.test", current_stage=number % 2) for number in range(6)]
    make_email_account(zenith, "cy@x.test", current_stage=0)

    assert list(matching_ids(db.session(), acme, AccountFilter(), at_once())) == ids
    assert list(matching_ids(db.session(), acme, AccountFilter(q="4"), at_once())) == [ids[4]]


SORTED = {
    "status": ["b", "a", "c"],
    "account": ["a", "b", "c"],
    "health": ["c", "b", "a"],
    "stage": ["b", "c", "a"],
    "today": ["c", "a", "b"],
    "bounce": ["a", "c", "b"],
    "complaints": ["c", "b", "a"],
}


def test_the_list_is_sorted_by_every_column_both_ways(acme):
    a = make_email_account(acme, "a@x.test", overall_score=90, current_stage=5, complaint_rate_7d=0.002)
    b = make_email_account(
        acme, "b@x.test", overall_score=70, current_stage=0, bounce_rate_7d=0.04, complaint_rate_7d=0.001
    )
    make_email_account(acme, "c@x.test", current_stage=4, bounce_rate_7d=0.01)
    make_inbox_day(acme, a, sent=4)
    make_inbox_day(acme, b, sent=3, reserved=2)

    assert {sort: emails(acme, sort=sort) for sort in SORTS} == SORTED
    upside_down = {sort: emails(acme, sort=sort, descending=True) for sort in SORTS}
    # Turned around, the best state comes first, and within it still the least healthy.
    assert upside_down == {sort: order[::-1] for sort, order in SORTED.items()} | {"status": ["a", "c", "b"]}


def test_pages_cut_the_list_without_a_gap_or_a_double(acme):
    for number in range(7):
        make_email_account(acme, f"{number}@x.test", overall_score=50)

    read = [emails(acme, page=page, per_page=3) for page in (1, 2, 3, 4)]
    assert read == [["0", "1", "2"], ["3", "4", "5"], ["6"], []]


def test_a_page_beyond_the_end_is_empty_and_still_tells_the_total(acme):
    make_email_account(acme)

    beyond = Paging(page=99)
    assert list_accounts(db.session(), acme, AccountFilter(), paging=beyond, moment=at_once()) == ([], 1)


def test_a_longer_list_costs_no_more_queries(acme):
    asked = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *event: asked.append(event[2]))

    def cost():
        db.session.rollback()
        asked.clear()
        rows, _ = list_accounts(db.session(), acme, AccountFilter(), paging=Paging(), moment=at_once())
        assert all(row.account.domain.name and row.account.servers for row in rows)
        return sum(statement.startswith("SELECT") for statement in asked)

    make_email_account(acme, "first@x.test")
    alone = cost()
    for number in range(8):
        make_email_account(acme, f"{number}@{number}.test")

    assert cost() == alone == 3


def senders(workspace_id):
    """The addresses before the @ of what could send now, in order."""
    found = list_senders(db.session(), workspace_id, at_once())
    return [sender.email.partition("@")[0] for sender in found]


def test_what_a_person_could_send_through_now_begins_with_what_campaigns_could_use_too(acme, zenith):
    make_email_account(zenith, "cy@zenith.test")
    make_email_account(acme, "off@acme.test", is_active=False)
    make_inbox_day(acme, make_email_account(acme, "full@acme.test"), sent=20)
    make_email_account(acme, "later@acme.test", rotation_priority=200)
    make_email_account(acme, "first@acme.test")
    make_email_account(acme, "warm@acme.test", current_stage=0)

    assert senders(acme) == ["first", "later", "warm", "full", "off"]


def test_what_stops_a_persons_message_keeps_an_inbox_out_of_those_that_could_send_it(acme):
    make_email_account(acme, "lost@acme.test", connection_state="auth_revoked")
    make_email_account(acme, "owner@acme.test", needs_acknowledgement=True)
    make_email_account(acme, "gone@acme.test", removed_at=now())
    make_email_account(acme, "cold@acme.test", cooldown_until=now() + timedelta(minutes=5))
    make_email_account(acme, "warmed@acme.test", cooldown_until=now() - timedelta(minutes=5))
    small, personal = {"stated_ceiling": 100}, {"is_personal": True}
    for name, used, what in (
        ("spent", 450, {}),
        ("almost", 449, {}),
        ("small", 90, small),
        ("mine", 150, personal),
    ):
        inbox, hour = make_email_account(acme, f"{name}@acme.test", **what), now().replace(minute=0, second=0)
        with transaction() as session:
            session.add(InboxHour(workspace_id=acme, account_id=inbox, hour=hour, used=used))

    assert senders(acme) == ["almost", "warmed"]
