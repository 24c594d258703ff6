"""The port follows the chosen encryption, also without JavaScript, unless somebody typed it."""

import pytest

from nimbus.models import ConnectionTest
from tests.browse import Page
from tests.connecting.form import FORM, filled

USUAL = {
    ("smtp", "ssl"): 465,
    ("smtp", "starttls"): 587,
    ("smtp", "none"): 25,
    ("imap", "ssl"): 993,
    ("imap", "starttls"): 143,
    ("imap", "none"): 143,
}
HIDDEN = ("smtp_port_shown", "smtp_security_shown", "imap_port_shown", "imap_security_shown")


@pytest.fixture
def port_of(alice, read):
    """The port that a test was begun with."""

    def submit(leg, **changes):
        response = alice.post(FORM, filled(**{f"{leg}_{name}": value for name, value in changes.items()}))
        assert response.status_code == 303
        return read(ConnectionTest)[-1].settings[f"{leg}_port"]

    return submit


def test_blank_port_is_the_usual_one(port_of):
    for (leg, security), port in USUAL.items():
        assert port_of(leg, port="", security=security) == port


def test_untouched_port_follows_the_security(port_of):
    for (leg, before), shown in USUAL.items():
        for (_, after), port in ((key, port) for key, port in USUAL.items() if key[0] == leg):
            changed = {"security_shown": before, "port_shown": shown, "port": shown, "security": after}
            assert port_of(leg, **changed) == port, changed


def test_port_typed_by_hand_stays(port_of):
    assert port_of("smtp", security_shown="starttls", port_shown="587", port="2525", security="ssl") == 2525
    assert port_of("smtp", security_shown="starttls", port_shown="2525", port="2525", security="ssl") == 2525
    assert port_of("imap", security_shown="ssl", port_shown="993", port="993", security="ssl") == 993


def test_form_says_what_it_showed(alice):
    form = Page(alice.get(FORM).text)

    assert [form.field(name)["value"] for name in HIDDEN] == ["587", "starttls", "993", "ssl"]
    assert (form.field("smtp_port")["value"], form.field("imap_port")["value"]) == ("587", "993")


def test_refused_form_shows_the_port_that_followed_and_follows_again(alice, port_of):
    shown = {"security_shown": "starttls", "port_shown": "587", "port": "587", "security": "ssl"}
    changes = {f"smtp_{name}": value for name, value in shown.items()}

    form = Page(alice.post(FORM, filled(email="", **changes)).text)

    now = {name: form.field(f"smtp_{name}")["value"] for name in ("port", "port_shown", "security_shown")}
    assert now == {"port": "465", "port_shown": "465", "security_shown": "ssl"}
    assert port_of("smtp", **now, security="none") == 25


def test_nonsense_in_the_hidden_fields_changes_nothing(port_of):
    for nonsense in ("", "x", "\0", "9" * 5000):
        assert port_of("smtp", security_shown=nonsense, port_shown=nonsense, port="465") == 465
