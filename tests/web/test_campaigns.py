"""The pages of campaigns: the list, making one, its settings and its messages."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.models import Campaign, CampaignStep
from tests.browse import Page
from tests.services.campaigning import make_campaign
from tests.services.contacts import make_book, make_contact
from tests.web.campaigning import SETTINGS, steps
from tests.web.reading import links, words

NOW = datetime.now(UTC)


def errors(page):
    """The fields that have something wrong beside them."""
    return [attrs["name"] for _, attrs in Page(page.text).tags if attrs.get("aria-invalid")]


def test_without_a_campaign_the_page_says_what_one_is_and_what_it_needs(alice):
    page = alice.get("/campaigns")

    assert "No campaign yet" in words(page.text)
    assert {"/campaigns/new", "/email-accounts", "/contacts"} <= set(links(page.text))


@pytest.mark.claim("C44", partly=True)
def test_the_list_has_throttled_ones_first_each_with_a_word_a_reason_and_an_action(alice, make):
    make(make_campaign, [], 0, name="Quiet", next_at=NOW + timedelta(minutes=9))
    stuck = make(make_campaign, [], 3, name="Stuck", throttled_since=NOW)
    held = make(make_campaign, [], 0, name="Held", state="paused", throttled_since=NOW)
    page = alice.get("/campaigns")

    names = re.findall(r'<a href="/campaigns/\d+">(\w+)</a>', page.text)
    assert names == ["Stuck", "Held", "Quiet"]
    said = words(page.text)
    assert "Throttled Since" in said
    assert "No inbox may send what is due. See why Stuck" in said
    assert "0 messages sent, 3 of 3 contacts waiting" in said
    assert {f"/campaigns/{stuck}", f"/campaigns/{held}/launch"} <= set(links(page.text))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=SPR", ["Spring B", "Spring A"]),
        ("?q=a+spring", ["Spring A"]),
        ("?state=paused", ["Spring B"]),
        ("?state=paused&q=autumn", []),
        ("?state=draft", []),
        ("?state=nothing&page=x", ["Autumn", "Spring B", "Spring A"]),
        ("?page=99", ["Autumn", "Spring B", "Spring A"]),
    ],
)
def test_the_list_is_searched_and_narrowed_to_a_state(alice, make, query, found):
    for name, state in (("Spring A", "running"), ("Spring B", "paused"), ("Autumn", "finished")):
        make(make_campaign, [], 0, name=name, state=state)

    page = alice.get(f"/campaigns{query}", htmx=True)

    assert re.findall(r'<a href="/campaigns/\d+">([^<]+)</a>', page.text) == found


def test_long_lists_come_in_pages_of_fifty(alice, make):
    for number in range(51):
        make(make_campaign, [], 0, name=f"C{number}")

    assert ">C0<" not in alice.get("/campaigns").text
    assert ">C0<" in alice.get("/campaigns?page=2").text


@pytest.mark.claim("C70", partly=True)
@pytest.mark.parametrize("kind", ["cold_outreach", "nurture"])
def test_a_campaign_is_made_with_a_name_a_type_and_a_floor(alice, read, kind):
    page = alice.get("/campaigns/new")
    assert Page(page.text).field("min_health_score")["value"] == "70"

    alice.post("/campaigns/new", {"name": "Spring", "campaign_type": kind, "min_health_score": "81"})

    [campaign] = read(Campaign)
    assert (campaign.name, campaign.campaign_type, campaign.min_health_score) == ("Spring", kind, 81)
    assert campaign.state == "draft"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"min_health_score": "101"}, "min_health_score"),
        ({"min_health_score": "high"}, "min_health_score"),
        ({"min_health_score": ""}, "min_health_score"),
    ],
)
def test_what_a_campaign_cannot_be_is_said_beside_the_field_and_nothing_is_made(alice, read, changes, field):
    typed = {"name": "Spring", "campaign_type": "nurture", "min_health_score": "70"}
    page = alice.post("/campaigns/new", typed | changes)

    assert (page.status_code, errors(page), read(Campaign)) == (422, [field], [])


def test_settings_are_kept_and_shown_again(alice, draft, make, read):
    book = make(make_book, "Buyers")
    alice.post(f"/campaigns/{draft}/edit", SETTINGS | {"book": str(book)})

    [campaign] = read(Campaign)
    assert (campaign.days, campaign.opens, campaign.closes) == ([0, 6], 510, 1440)
    assert (campaign.timezone, campaign.book_id, campaign.campaign_type) == ("Asia/Kolkata", book, "nurture")
    page = alice.get(f"/campaigns/{draft}/edit").text
    assert Page(page).field("closes")["value"] == "00:00"
    assert 'value="6" checked' in " ".join(page.split())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"days": []}, "These hours never open: choose one day at least."),
        ({"opens": "17:00", "closes": "09:00"}, "These hours never open: 17:00 is not before 09:00."),
        ({"opens": "9 o'clock"}, "Enter a time of day, such as 09:00."),
        ({"timezone": "Europe/Nowhere"}, "Not a valid choice."),
        ({"book": "99"}, "This address book no longer exists."),
        ({"campaign_type": "spam"}, "Not a valid choice."),
    ],
)
def test_a_setting_that_cannot_be_is_said_and_what_was_typed_stays(alice, draft, changes, said):
    page = alice.post(f"/campaigns/{draft}/edit", SETTINGS | {"name": "Typed"} | changes)

    assert page.status_code == 422
    assert words(page.text).count(said) == 2  # in the summary, and beside its field
    assert Page(page.text).field("name")["value"] == "Typed"


def test_steps_are_added_and_taken_out_without_losing_a_word(alice, draft, read):
    url = f"/campaigns/{draft}/steps"
    typed = steps({"subject": "Hello", "body": "Hi"}, {"body": "News?", "delay_days": "x"})

    page = alice.post(url, typed | {"do": "add"})
    assert {f"steps-{at}-body" for at in range(3)} <= {attrs.get("name") for _, attrs in Page(page.text).tags}
    page = alice.post(url, typed | {"do": "remove-0"})
    assert "News?" in page.text
    assert "Hello" not in page.text
    assert read(CampaignStep) == []


def test_steps_are_kept_with_plain_line_ends(alice, draft, read):
    first = {"subject": "Hello {{first_name|there}}", "body": "Hi\r\nyou", "html": "<p>Hi</p>"}
    answer = alice.post(f"/campaigns/{draft}/steps", steps(first, {"body": "News?", "delay_days": "3"}))

    assert answer.location == f"/campaigns/{draft}/pool"
    assert [(row.delay_days, row.body, row.html) for row in read(CampaignStep)] == [
        (0, "Hi\nyou", "<p>Hi</p>"),
        (3, "News?", ""),
    ]
    assert "Hi\nyou" in alice.get(f"/campaigns/{draft}/steps").text


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ({"body": "{{compny}}"}, "steps-0-body", "There is no field {{compny}}"),
        ({"body": "x" * 2_000_000}, "steps-0-body", "The text is 2.0 MB"),
        ({"html": "{{first_name"}, "steps-0-html", "A field is not closed"),
        ({"subject": ""}, "steps-0-subject", "There is nothing in the subject of step 1 yet."),
        ({"delay_days": "91"}, "steps-0-delay_days", "Enter whole days, 90 at most."),
        ({"delay_days": ""}, "steps-0-delay_days", "Enter whole days, 90 at most."),
    ],
)
def test_a_step_that_cannot_be_is_said_beside_its_field_and_comes_back(
    alice, draft, make, read, row, field, said
):
    book = make(make_book)
    make(make_contact, book_id=book)
    alice.post(f"/campaigns/{draft}/edit", SETTINGS | {"book": str(book)})
    typed = {"subject": "Hello", "body": "Kept words", "html": "<b>Kept too</b>"} | row

    page = alice.post(f"/campaigns/{draft}/steps", steps(typed))

    assert (page.status_code, errors(page)) == (422, [field])
    assert words(page.text).count(said) == 2
    assert "Kept" in page.text
    assert read(CampaignStep) == []


def test_the_fields_of_the_books_contacts_stand_beside_the_editor(alice, draft, make):
    assert "Choose an address book" in words(alice.get(f"/campaigns/{draft}/steps").text)
    book = make(make_book)
    make(make_contact, book_id=book, fields={"company": "Öl"})
    alice.post(f"/campaigns/{draft}/edit", SETTINGS | {"book": str(book)})

    page = words(alice.get(f"/campaigns/{draft}/steps").text)

    assert "{{company}} {{email}} {{first_name}} {{last_name}}" in page


def test_each_message_is_read_as_a_contact_would_read_it(alice, draft, make):
    book = make(make_book)
    make(make_contact, book_id=book, first_name="Zoë", fields={"site": "javascript:x"})
    alice.post(f"/campaigns/{draft}/edit", SETTINGS | {"book": str(book)})
    html = '<h1>Hi</h1><script>x()</script><img src="https://x.test/y.png"><a href="{{site}}">z</a>'
    first = {"subject": "Hi {{first_name}}", "body": "Dear {{first_name}} {{last_name|Zed}}", "html": html}
    answer = alice.post(f"/campaigns/{draft}/steps", steps(first) | {"do": "preview"})

    page = alice.get(answer.location).text
    assert "Subject Hi Zoë" in words(page)
    assert "Dear Zoë Zed" in page
    assert '<div class="mail-html">Hi<a>z</a>' in page
    assert "<script>x()" not in page
    assert "No contact “nobody@x.test”" in alice.get(f"/campaigns/{draft}/preview?contact=nobody@x.test").text
