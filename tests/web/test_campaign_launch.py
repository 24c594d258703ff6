"""The pages of a campaign before and after its launch: its inboxes, the review, and what ends it."""

import pytest

from nimbus.models import Campaign, CampaignContact, CampaignInbox
from tests.browse import Browser
from tests.services.campaigning import make_campaign, make_pool
from tests.services.contacts import make_book, make_contact
from tests.web.campaigning import SETTINGS, steps
from tests.web.reading import links, words


def test_inboxes_are_ticked_and_unticked_a_page_at_a_time(alice, draft, make, read):
    first, second, third = make(make_pool, 3)
    page = alice.get(f"/campaigns/{draft}/pool")
    assert "0 inboxes are in the pool." in words(page.text)
    shown = [str(first), str(second)]

    alice.post(f"/campaigns/{draft}/pool", {"do": "save", "shown": shown, "id": shown})
    page = alice.post(
        f"/campaigns/{draft}/pool", {"do": "save", "shown": shown, "id": [shown[1], str(third)]}, follow=True
    )

    assert "1 inbox added to the pool, 1 inbox taken out of the pool." in words(page.text)
    assert [row.account_id for row in read(CampaignInbox)] == [second, third]


def test_all_that_match_are_added_at_once_and_taken_out_again(alice, draft, make, read):
    pool = make(make_pool, 60)
    url = f"/campaigns/{draft}/pool"
    assert "Add all 60 that match" in words(alice.get(url).text)

    alice.post(url, {"do": "add_all", "count": "60"})
    assert len(read(CampaignInbox)) == 60
    assert "in10@acme.test" in alice.get(f"{url}?in=1&q=in1&page=1").text
    page = alice.post(url, {"do": "take_out_all", "in": "1", "q": "in1", "count": "3"})
    assert (page.status_code, "11 inboxes match now" in page.text) == (409, True)
    alice.post(url, {"do": "take_out_all", "in": "1", "q": "in1", "count": "11"})

    assert len(read(CampaignInbox)) == len(pool) - 11


@pytest.mark.parametrize("given", [{"do": "x"}, {}, {"do": "save", "id": "x"}])
def test_what_no_page_of_the_pool_sends_is_refused(alice, draft, given):
    assert alice.post(f"/campaigns/{draft}/pool", given).status_code == 400


def test_a_launch_is_refused_with_every_reason_and_where_to_do_something_about_it(alice, draft, read):
    for answer in (alice.get(f"/campaigns/{draft}/launch"), alice.post(f"/campaigns/{draft}/launch")):
        said = words(answer.text)
        for reason in ("There is no step yet", "The sending pool is empty", "There is nobody to write to"):
            assert reason in said
        assert {f"/campaigns/{draft}/{part}" for part in ("steps", "pool", "edit")} <= set(links(answer.text))

    assert answer.status_code == 422
    assert [campaign.state for campaign in read(Campaign)] == ["draft"]


@pytest.fixture
def ready(alice, draft, make):
    """A draft with a book of twelve, two steps and two inboxes."""
    book = make(make_book, "Buyers")
    for number in range(12):
        make(make_contact, f"c{number}@example.com", book_id=book)
    alice.post(f"/campaigns/{draft}/edit", SETTINGS | {"book": str(book), "campaign_type": "cold_outreach"})
    alice.post(
        f"/campaigns/{draft}/steps",
        steps({"subject": "Hi", "body": "Hi"}, {"body": "News?", "delay_days": "3"}),
    )
    pool = make(make_pool, 2, daily_send_limit=4)
    alice.post(f"/campaigns/{draft}/pool", {"do": "save", "id": [str(each) for each in pool]})
    return draft


def test_the_launch_page_says_what_it_takes_and_who_could_send(alice, ready):
    said = words(alice.get(f"/campaigns/{ready}/launch").text)

    assert "About 3 sending days at today's budgets." in said
    assert "12 contacts and 2 steps are at most 24 messages; 2 inboxes may send 8 a day" in said
    assert "2 of 2 inboxes with room for 8 messages today" in said
    assert "Launch with 12 contacts" in said


def test_a_campaign_is_launched_paused_resumed_and_ended_from_its_pages(alice, ready, read):
    def state():
        return read(Campaign)[0].state

    assert alice.post(f"/campaigns/{ready}/launch").location == f"/campaigns/{ready}"
    assert (state(), len(read(CampaignContact))) == ("running", 12)
    assert alice.get(f"/campaigns/{ready}/edit").location == f"/campaigns/{ready}"
    alice.post(f"/campaigns/{ready}/pause")
    assert state() == "paused"
    assert "Resume" in words(alice.get(f"/campaigns/{ready}/launch").text)
    alice.post(f"/campaigns/{ready}/resume")
    assert state() == "running"
    assert "12 contacts are not through yet" in words(alice.get(f"/campaigns/{ready}/finish").text)
    alice.post(f"/campaigns/{ready}/finish")
    assert state() == "finished"
    assert "Ended by hand, with 12 of 12 contacts not through." in words(alice.get("/campaigns").text)


def test_a_campaign_is_duplicated_and_removed_after_the_page_said_what_goes(alice, ready, read):
    answer = alice.post(f"/campaigns/{ready}/duplicate")
    assert "Spring (copy)" in words(alice.get(answer.location).text)
    page = words(alice.get(f"/campaigns/{ready}/remove").text)
    assert "What goes" in page
    assert "0 messages that were sent" in page

    alice.post(f"/campaigns/{ready}/remove")

    assert [campaign.name for campaign in read(Campaign)] == ["Spring (copy)"]


def test_what_runs_is_not_removed_and_its_page_offers_the_pause(alice, make, read):
    campaign = make(make_campaign, [], 0)

    assert "Pause it first" in words(alice.get(f"/campaigns/{campaign}/remove").text)
    alice.post(f"/campaigns/{campaign}/remove")

    assert len(read(Campaign)) == 1


def test_a_viewer_reads_and_changes_nothing(app, cast, ready, read):
    vera = Browser(app).sign_in(cast.people["vera"])

    assert "Owners, admins and operators can make" in words(vera.get("/campaigns").text)
    assert "can launch it" in words(vera.get(f"/campaigns/{ready}/launch").text)
    assert "Save these" not in words(vera.get(f"/campaigns/{ready}/pool").text)
    assert vera.post(f"/campaigns/{ready}/launch").status_code == 403
    assert [campaign.state for campaign in read(Campaign)] == ["draft"]
