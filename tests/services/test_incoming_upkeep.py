"""What came is forgotten in its time, other people's mail first."""

from nimbus.clock import now
from nimbus.models import Incoming
from nimbus.services.incoming_upkeep import NOT_OURS_KEPT, OURS_KEPT, purge_incoming
from tests.services.campaigning import all_rows, change
from tests.services.fetching import answer, fetch


def test_other_peoples_mail_goes_after_a_month_and_answers_after_more_than_a_year(ava):
    fetch(ava, answer(None, subject="a stranger's"), answer(None, subject="ours"))
    change(Incoming, Incoming.subject == "ours", kind="reply", state="parsed")

    purge_incoming(now() + NOT_OURS_KEPT * 2)
    assert [message.subject for message in all_rows(Incoming)] == ["ours"]

    purge_incoming(now() + OURS_KEPT * 2)
    assert all_rows(Incoming) == []


def test_the_bytes_of_what_could_not_be_read_go_and_the_line_stays(ava):
    fetch(ava, answer(None))
    change(Incoming, Incoming.account_id == ava, kind=None, state="poison", raw=b"x")

    purge_incoming(now() + NOT_OURS_KEPT * 2)

    assert [(message.state, message.raw) for message in all_rows(Incoming)] == [("poison", None)]
