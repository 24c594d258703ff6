"""The control page of a rehearsal, by its forms and by its JSON."""

import re
from datetime import timedelta

import pytest
import requests

from nimbus.sandbox.faults import FAULTS
from nimbus.sandbox.people import Habit
from nimbus.sandbox.rehearsal import SharedClock, offered_faults
from nimbus.sandbox.world import System
from nimbus.settings_kinds import CHECKOUT
from tests.sandbox.signing_in import written


@pytest.fixture
def world(practice):
    world = practice.rehearsal.world
    for address, system in (
        ("gus@goo.test", "google"),
        ("mia@micro.test", "microsoft"),
        ("max@post.test", "mail"),
    ):
        world.add(address, name=address.partition("@")[0].title(), system=System(system))
    return world


@pytest.fixture
def ask(practice, world):
    """Ask for a page, or post JSON to it."""

    def ask(path, given=None, **more):
        method = "GET" if given is None and "data" not in more else "POST"
        return requests.request(method, practice.control_url + path, json=given, timeout=10, **more)

    return ask


def test_the_page_says_that_it_is_a_rehearsal_and_shows_every_mailbox_by_system(ask):
    page = ask("/").text

    assert "A rehearsal." in page
    order = [
        page.index(word) for word in (">\n        Google", "gus@", ">\n        Microsoft", "mia@", "max@")
    ]
    assert order == sorted(order)


def test_a_fault_that_is_set_by_the_form_strikes_and_is_shown_until_it_is_cleared(ask, world):
    faults = world.mailboxes["gus@goo.test"].faults
    ask("/mailboxes/gus@goo.test/faults", data={"name": "throttled", "retry_after": "", "times": ""})
    assert faults.take("throttled").values == {"retry_after": None}
    assert '<span class="set">throttled</span>' in ask("/").text
    assert '<span class="set">set</span>' in ask("/mailboxes/gus@goo.test").text

    ask("/mailboxes/gus@goo.test/faults", data={"clear": "throttled", "name": "throttled"})

    assert not faults.standing


def test_a_fault_takes_values_times_and_a_place_by_json(ask, world):
    wanted = {"name": "server_error", "status": 502, "times": 2, "after": 1, "at": "token"}
    assert ask("/mailboxes/gus@goo.test/faults", wanted).json() == {
        "server_error": {
            "name": "server_error",
            "times": 2,
            "after": 1,
            "at": "token",
            "values": {"status": 502},
        }
    }
    assert ask("/mailboxes/gus@goo.test/faults", {"clear": "all"}).json() == {}


def test_every_fault_on_a_page_can_be_set_as_it_stands_there(ask, world):
    for address, mailbox in world.mailboxes.items():
        page = ask(f"/mailboxes/{address}").text
        names = re.findall(r'name="name" value="(\w+)"', page)
        for name in names:
            form = page[: page.index(f'name="name" value="{name}"')].rpartition("<form")[2]
            given = dict(re.findall(r'<input name="(\w+)"\s+value="([^"]*)"', form.replace("&#34;", "'")))
            given = {field: value.replace("'", '"').replace("&lt;", "<") for field, value in given.items()}
            assert ask(f"/mailboxes/{address}/faults", data=given | {"name": name}).status_code == 200, name
        assert set(mailbox.faults.standing) == set(names)


def test_a_page_offers_what_its_system_can_do_and_nothing_else(world):
    everywhere = (CHECKOUT / "nimbus/sandbox/world.py").read_text()
    for mailbox in world.mailboxes.values():
        files = (CHECKOUT / "nimbus/sandbox").glob(f"{mailbox.system}*.py")
        source = everywhere + "".join(file.read_text() for file in files)
        known = {name for name in FAULTS if f'"{name}"' in source}
        assert set(offered_faults(mailbox)) == known, mailbox.system


def test_an_application_can_be_put_into_testing_and_its_api_switched_off(practice, ask, world):
    client_id = practice.environ["GOOGLE_CLIENT_ID"]
    ask(f"/apps/{client_id}/facts", data={"of": ["audience", "api_enabled"], "audience": "testing"})

    app = world.apps[client_id]
    assert (app.audience, app.api_enabled) == ("testing", False)
    assert "Clear all faults" not in ask(f"/apps/{client_id}").text


def test_facts_of_a_mailbox_change_by_json_and_nonsense_is_refused(ask, world):
    assert ask("/mailboxes/max@post.test/facts", {"password": "new", "has_mailbox": False}).status_code == 200
    assert (world.mailboxes["max@post.test"].password, world.mailboxes["max@post.test"].has_mailbox) == (
        "new",
        False,
    )
    assert ask("/mailboxes/max@post.test/facts", {"has_mailbox": "no"}).status_code == 422
    assert ask("/mailboxes/max@post.test/facts", {"messages": []}).status_code == 422


def test_habits_and_reactions_are_set_on_the_page(practice, ask, world):
    ask("/mailboxes/mia@micro.test/habit", data={"habit": "not_now", "minutes": "30"})
    custom = practice.rehearsal.people.custom_of("mia@micro.test")
    assert (custom.habit, custom.after) == (Habit.NOT_NOW, timedelta(minutes=30))
    assert "Answers: not now" in ask("/").text

    nothing = ask("/mailboxes/mia@micro.test/react", data={"habit": "interested"})
    world.deliver(written("gus@goo.test"), sender="gus@goo.test", recipients=["mia@micro.test"])
    ask("/mailboxes/mia@micro.test/react", {"habit": "interested"})

    assert (nothing.status_code, "Nobody has written" in nothing.text) == (422, True)
    mail = ask("/mailboxes/gus@goo.test.json").json()["mail"]
    assert ["Re: Round and round" in each["raw"] for each in mail] == [True]


def test_the_clock_goes_on_by_steps_and_to_the_next_morning_but_never_back(clock, ask):
    before = clock.now()
    ask("/clock", {"seconds": 3600})
    assert clock.now() - before >= timedelta(hours=1)

    now = ask("/clock", {"to": "morning"}).json()["now"]
    assert now.startswith(f"{before + timedelta(hours=1) + timedelta(days=1):%Y-%m-%d}T09:00")
    for seconds in (-1, 0, "soon"):
        assert ask("/clock", {"seconds": seconds}).status_code == 422


def test_a_shared_clock_writes_how_far_it_is_ahead(tmp_path):
    clock = SharedClock(tmp_path / "clock")
    assert float((tmp_path / "clock").read_text()) == 0
    clock.advance(hours=2)
    assert float((tmp_path / "clock").read_text()) == 7200


def test_a_domain_is_broken_and_mended_on_the_page_and_by_json(ask, world):
    page = ask("/").text
    assert 'action="/domains/goo.test/flaw"' in page

    ask("/domains/goo.test/flaw", data={"flaw": "no_spf"})
    assert '<option value="no_spf" selected>' in ask("/").text
    assert ask("/world.json").json()["flaws"] == {"goo.test": "no_spf"}
    assert ask("/domains/goo.test/flaw", {"flaw": ""}).json() == {}
    assert ask("/domains/goo.test/flaw", {"flaw": "upside_down"}).status_code == 422
    assert ask("/domains/nobody.test/flaw", {"flaw": "no_spf"}).status_code == 404


def test_a_reset_forgets_mail_faults_and_habits_and_keeps_mailboxes_and_applications(practice, ask, world):
    gus = world.mailboxes["gus@goo.test"]
    gus.password = "kept"
    gus.faults.set("throttled")
    world.deliver(written("mia@micro.test"), sender="mia@micro.test", recipients=["gus@goo.test"])
    ask("/mailboxes/mia@micro.test/habit", {"habit": "complain"})

    after = ask("/reset", {}).json()

    assert {box["address"] for box in after["mailboxes"]} == {
        "gus@goo.test",
        "mia@micro.test",
        "max@post.test",
    }
    assert {(box["messages"], box["habit"], len(box["faults"])) for box in after["mailboxes"]} == {
        (0, "silent", 0)
    }
    assert world.mailboxes["gus@goo.test"].password == "kept"
    assert {app["client_id"] for app in after["apps"]} == {
        practice.environ["GOOGLE_CLIENT_ID"],
        practice.environ["MICROSOFT_CLIENT_ID"],
    }


def test_another_mailbox_joins_and_a_taken_address_is_refused(ask, world):
    given = {"address": "New@Goo.test", "system": "google"}

    assert ask("/mailboxes", given).json()["name"] == "New"
    assert ask("/mailboxes", given).status_code == 422
    assert ask("/mailboxes", {"address": "x@y.test", "system": "pigeon"}).status_code == 422


@pytest.mark.parametrize(
    "path", ["/mailboxes/who@goo.test", "/mailboxes/who@goo.test.json", "/apps/none", "/nowhere"]
)
def test_what_is_not_there_is_a_sentence(ask, path):
    answer = ask(path)

    assert answer.status_code == 404
    assert ("error" in answer.json()) if path.endswith(".json") else ("That did not work" in answer.text)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
def test_another_site_in_the_same_browser_commands_nothing(ask, clock, headers):
    before = clock.offset

    assert ask("/clock", data={"to": "morning"}, headers=headers).status_code == 403
    assert clock.offset == before
