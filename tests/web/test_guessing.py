"""Guessing at passwords is slow, whoever does it from wherever, and never shuts a person out of their own browser."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask_limiter import RateLimitExceeded

from nimbus import create_app, queues
from nimbus.clock import SystemClock
from nimbus.extensions import db
from nimbus.models import AuditEvent
from nimbus.queue_server import queue_url
from nimbus.rules.audit import Action
from nimbus.web.known_browser import digest, remember_browser
from tests.browse import Browser
from tests.cast import PASSWORD
from tests.web.reading import words

RIGHT = {"email": "alice@example.com", "password": PASSWORD}
WRONG = RIGHT | {"password": "a wrong password"}
BLANK = RIGHT | {"password": ""}  # counts like any other try and costs no time
QUEUE_AWAY = {"REDIS_URL": "redis://127.0.0.1:1"}
HOME, AWAY = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def environ(request):
    """Settings that a test asks for as its parameter."""
    return getattr(request, "param", {})


@pytest.fixture
def machine():
    """A machine's clock that stands still until it is moved."""
    with time_machine.travel(SystemClock().now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def visit(app, cast):
    """Open the sign-in page in a browser that nobody has signed in with, at an address."""

    def open_page(address=AWAY):
        browser = Browser(app)
        browser.client.environ_base["REMOTE_ADDR"] = address
        browser.token = browser._read_token("/login")
        return browser

    return open_page


@pytest.fixture
def hers(visit):
    """The browser that Alice signed in with, now signed out."""
    browser = visit(HOME)
    assert browser.post("/login", RIGHT).status_code == 303
    browser.token = browser._read_token("/help")
    browser.post("/logout")
    browser.token = browser._read_token("/login")
    return browser


def tries(browser, count, typed=BLANK):
    return [browser.post("/login", typed).status_code for _ in range(count)]


def guess(app, times):
    """What the sign-in page does with that many wrong passwords sent from one address, without drawing the refusals."""
    refused = 0
    with app.test_request_context("/login", method="POST", data=WRONG, environ_base={"REMOTE_ADDR": AWAY}):
        for _ in range(times):
            try:
                assert app.view_functions["sessions.new"]()[1] == 422
            except RateLimitExceeded:
                refused += 1
        db.session.remove()
    return times - refused


# While the queue is away each web process counts for itself.
@pytest.mark.parametrize(("environ", "tries_a_minute"), [({}, 50), (QUEUE_AWAY, 1_000)], indirect=["environ"])
def test_of_10_000_wrong_passwords_20_a_minute_are_checked_and_the_person_still_gets_in(
    app, hers, read, machine, tries_a_minute
):
    checked = []
    for _ in range(10):
        checked.append(guess(app, tries_a_minute))
        machine.shift(61)

    assert checked == [20, 20, 20, 20, 19, 0, 0, 0, 0, 0]  # with her own first sign-in a hundred in an hour
    failed = [event for event in read(AuditEvent) if event.action == Action.SIGN_IN_FAILED]
    assert len(failed) == 99
    assert hers.post("/login", RIGHT).status_code == 303


def test_guessing_from_many_addresses_ends_at_a_hundred_an_hour(visit, hers, machine):
    answers = [visit(f"198.51.100.{number}").post("/login", BLANK).status_code for number in range(1, 106)]

    assert answers == [422] * 99 + [429] * 6  # her own first sign-in is one of the hundred
    assert hers.post("/login", RIGHT).status_code == 303
    machine.shift(timedelta(hours=1, seconds=1))
    assert visit("198.51.100.200").post("/login", RIGHT).status_code == 303


def test_trying_many_accounts_from_one_address_ends_at_300_an_hour(app, visit, machine):
    thief, neighbour = visit(AWAY), visit(HOME)
    each = [BLANK | {"email": f"{number}@example.com"} for number in range(301)]
    answers = [thief.post("/login", typed).status_code for typed in each]

    assert answers == [422] * 300 + [429]
    assert thief.post("/login", RIGHT).status_code == 429
    assert neighbour.post("/login", RIGHT).status_code == 303


def test_somebody_behind_the_same_address_as_the_attacker_gets_in_with_their_own_browser(visit, hers):
    tries(visit(HOME), 21)

    assert visit(HOME).post("/login", RIGHT).status_code == 429
    assert hers.post("/login", RIGHT).status_code == 303


def test_a_known_browser_gets_20_tries_a_minute_like_any_other(hers):
    assert tries(hers, 21) == [422] * 20 + [429]


def test_a_browser_is_known_for_those_who_signed_in_there_and_for_nobody_else(visit, hers):
    bob = {"email": "bob@example.com", "password": ""}
    tries(visit(HOME), 21, bob)

    assert hers.post("/login", bob).status_code == 429
    assert hers.post("/login", RIGHT).status_code == 303


def test_several_people_can_share_a_browser(visit, hers):
    hers.post("/login", {"email": "bob@example.com", "password": PASSWORD})
    hers.token = hers._read_token("/help")
    hers.post("/logout")
    hers.token = hers._read_token("/login")
    for email in ("alice@example.com", "bob@example.com"):
        tries(visit(HOME), 21, {"email": email, "password": ""})
        assert hers.post("/login", {"email": email, "password": PASSWORD}).status_code == 303
        hers.token = hers._read_token("/help")


@pytest.mark.parametrize("forged", ["", "x", "ä…\x7f", "eyJpZCI6ImEiLCJwZW9wbGUiOltdfQ.aaaa.bbbb"])
def test_a_forged_browser_is_not_known(visit, forged):
    thief = visit()
    thief.client.set_cookie("nimbus-browser", forged)

    assert tries(thief, 21)[-1] == 429


def test_the_cookie_of_a_browser_is_kept_from_scripts_and_names_nobody(hers):
    cookie = hers.client.get_cookie("nimbus-browser")

    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")
    assert "alice" not in cookie.decoded_value
    assert hers.get("/help").location == "/login?next=/help"


@pytest.mark.parametrize("environ", [{"NIMBUS_BASE_URL": "https://nimbus.example.com"}], indirect=True)
def test_over_https_the_cookie_of_a_browser_is_bound_to_the_host_and_to_encryption(app):
    with app.test_request_context("/login"):
        remember_browser("alice@example.com")
        cookie = app.process_response(app.make_response("")).headers["Set-Cookie"]

    assert cookie.startswith("__Host-nimbus-browser=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=31536000"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_the_refusal_says_when_to_try_again(visit, machine):
    stranger = visit()
    tries(stranger, 20)
    machine.shift(17)

    refused = stranger.post("/login", RIGHT)
    assert refused.status_code == 429
    assert "Too many tries Wait 43 s, then try again." in words(refused.text)
    assert refused.headers["Retry-After"] == "43"
    machine.shift(44)
    assert stranger.post("/login", RIGHT).status_code == 303


def test_a_long_wait_is_told_in_minutes(visit, machine):
    for number in range(1, 6):
        tries(visit(f"198.51.100.{number}"), 20)
    machine.shift(timedelta(minutes=20))

    refused = visit().post("/login", RIGHT)
    assert "Wait 40 min, then try again." in words(refused.text)
    assert refused.headers["Retry-After"] == "2400"


def test_an_address_that_nobody_has_is_refused_as_often_and_alike(visit):
    known, unknown = visit(), visit()
    nobody = BLANK | {"email": "nobody@example.com"}

    assert tries(known, 21) == tries(unknown, 21, nobody)
    pages = [known.post("/login", BLANK), unknown.post("/login", nobody)]
    assert len({re.sub(r"Wait \d+ s", "", words(page.text)) for page in pages}) == 1


def test_tries_are_counted_for_all_web_processes_together_and_across_a_restart(app, visit, settings):
    tries(visit(), 20)

    other = create_app(settings)
    browser = Browser(other)
    browser.client.environ_base["REMOTE_ADDR"] = AWAY
    browser.token = browser._read_token("/login")
    assert browser.post("/login", RIGHT).status_code == 429
    with other.app_context():
        db.engine.dispose()


def test_what_is_counted_holds_nothing_that_was_typed(app, visit):
    tries(visit(), 1, {"email": "My-Password-By-Mistake", "password": "secret canary"})

    with app.app_context():
        kept = " ".join(
            key.decode() for key in queues.connect(queue_url(app.extensions["nimbus.settings"])).scan_iter()
        )
    assert digest("my-password-by-mistake") in kept
    assert "mistake" not in kept.lower()
