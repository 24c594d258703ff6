"""What somebody types wrongly gets a sentence beside its field, costs nothing that was typed, and stores nothing."""

import pytest

from nimbus.models import ConnectionTest, EmailAccountHealth
from tests.browse import Browser, Page
from tests.connecting.form import FORM, filled
from tests.connecting.reading import Reading

TEXT_FIELDS = (
    "email",
    "display_name",
    "smtp_host",
    "smtp_port",
    "smtp_security",
    "smtp_username",
    "smtp_password",
    "imap_host",
    "imap_port",
    "imap_security",
    "imap_username",
    "imap_password",
    "imap_folder",
)
REQUIRED = {
    "email": "Enter the mailbox's address.",
    "smtp_host": "Enter the server's name, such as smtp.example.com.",
    "imap_host": "Enter the server's name, such as imap.example.com.",
}
PORT = "Enter a port from 1 to 65535."


@pytest.fixture
def refused(alice, read):
    """The page of a form that was refused; nothing is stored."""

    def submit(**changes):
        response = alice.post(FORM, filled(**changes))
        assert response.status_code == 422, changes
        assert read(ConnectionTest) == []
        assert read(EmailAccountHealth) == []
        return Page(response.text), Reading(response.text)

    return submit


@pytest.fixture
def taken(alice, read):
    """The settings that a form was accepted with."""

    def submit(**changes):
        response = alice.post(FORM, filled(**changes))
        assert response.status_code == 303, Reading(response.text)
        return read(ConnectionTest)[-1].settings

    return submit


def test_empty_form_names_each_field_that_is_needed(refused):
    form, text = refused(**dict.fromkeys(TEXT_FIELDS, ""))

    for name, sentence in REQUIRED.items():
        assert text.text.count(sentence) == 2  # beside the field, and in the summary that takes the focus
        assert form.field(name)["aria-invalid"] == "true"
        assert form.field(name)["aria-describedby"].endswith(f"{name}-error")
    assert "There is a problem" in text


def test_missing_passwords_are_asked_for_once_the_rest_is_right(refused):
    for leg in ("smtp", "imap"):
        form, text = refused(**{f"{leg}_password": ""})

        assert "Enter the password." in text
        assert form.field(f"{leg}_password")["aria-invalid"] == "true"


@pytest.mark.parametrize("field", ["smtp_port", "imap_port"])
def test_number_that_is_no_port_is_refused(refused, field):
    for typed in (
        "0",
        "70000",
        "65536",
        "abc",
        "-1",
        "99999999999",
        "4 65",
        "４６５",
        "1e2",
        "25\r\n",
        "0x19",
    ):
        _, text = refused(**{field: typed})
        assert PORT in text, typed


@pytest.mark.parametrize("field", ["smtp_host", "imap_host"])
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("mail example.com", "A host name has no blanks in it."),
        ("https://mail.example.com", "Enter the host alone, such as mail.example.com."),
        ("mail.example.com:465", "Enter the port in its own field."),
        ("ann@example.com", "Enter the host alone, such as mail.example.com."),
        ("mail..example.com", "This is not a host name. It looks like mail.example.com."),
        ("a" * 254, "Use at most 253 characters."),
        ("a" * 64 + ".com", "This is not a host name. It looks like mail.example.com."),
    ],
)
def test_text_that_is_no_host_is_refused(refused, field, typed, sentence):
    form, text = refused(**{field: typed})

    assert sentence in text
    assert form.field(field)["value"] == typed


@pytest.mark.parametrize("intruder", ["\r\n", "\n", "\r", "\0", "\r\nRCPT TO:<x@y.test>", "\x1b", "\u2028"])
@pytest.mark.parametrize("place", ["before", "within", "behind"])
def test_line_break_or_control_character_is_refused_in_every_field(refused, intruder, place):
    cut = {"before": 0, "within": 1, "behind": None}[place]
    given = {field: str(filled()[field]) for field in TEXT_FIELDS}
    whole = {field: len(value) if cut is None else cut for field, value in given.items()}

    form, _ = refused(
        **{field: value[: whole[field]] + intruder + value[whole[field] :] for field, value in given.items()}
    )

    valid = [field for field in TEXT_FIELDS if form.field(field).get("aria-invalid") != "true"]
    assert [field for field in valid if "security" not in field] == []


def test_unknown_security_is_refused(refused):
    for leg in ("smtp", "imap"):
        refused(**{f"{leg}_security": "rot13"})


@pytest.mark.parametrize(
    "typed", ["ann", "ann@", "@alpha.test", "ann@alpha@beta", "ann @alpha.test", "<ann@alpha.test>"]
)
def test_text_that_is_no_address_is_refused(refused, typed):
    form, text = refused(email=typed)

    assert "Enter an address like ava@example.com." in text
    assert form.field("email")["value"] == typed


def test_what_was_typed_stays_except_for_the_passwords(refused):
    form, _ = refused(email="", smtp_host="mail.example.com", display_name="Zoë & Söhne", imap_folder="Büro")

    kept = {
        name: form.field(name)["value"] for name in ("smtp_host", "display_name", "imap_folder", "smtp_port")
    }
    assert kept == {
        "smtp_host": "mail.example.com",
        "display_name": "Zoë & Söhne",
        "imap_folder": "Büro",
        "smtp_port": "465",
    }
    assert not form.field("smtp_password").get("value")


@pytest.mark.parametrize("field", ["smtp_password", "imap_password"])
def test_password_may_have_10000_characters_and_no_more(refused, taken, field):
    _, text = refused(**{field: "é" * 10_001})
    assert "Use at most 10,000 characters." in text

    assert taken(**{field: "é" * 10_000})["email"] == "ann@alpha.test"


def test_blanks_around_text_are_dropped_but_not_those_of_a_password(taken, read):
    settings = taken(email=" Ann@Alpha.TEST ", smtp_host=" 127.0.0.1\t", imap_folder=" INBOX ")

    found = (settings["email"], settings["smtp_host"], settings["imap_folder"])
    assert found == ("ann@alpha.test", "127.0.0.1", "INBOX")


def test_name_folder_user_and_password_may_be_beyond_ascii(taken):
    settings = taken(
        display_name="Zoë 李",
        imap_folder="Entwürfe",
        smtp_username="zoë",
        smtp_password="密码",
        imap_password="密码",
    )

    assert (settings["display_name"], settings["imap_folder"]) == ("Zoë 李", "Entwürfe")
    assert settings["smtp_username"] == "zoë"


def test_form_that_is_refused_comes_back_alone_to_htmx(alice):
    response = alice.post(FORM, filled(email=""), htmx=True)

    assert response.status_code == 422
    assert response.text.startswith("<form")


def test_form_that_is_accepted_leads_on_by_header_with_htmx(alice):
    response = alice.post(FORM, filled(), htmx=True)

    assert (response.status_code, response.headers["HX-Redirect"]) == (200, "/email-accounts/connect/tests/1")


@pytest.mark.parametrize("token", ["", "forged", None])
def test_form_without_its_token_is_refused(alice: Browser, read, token):
    alice.get(FORM)

    response = alice.client.post(FORM, data=filled(csrf_token=token))

    assert response.status_code == 400
    assert "This form is too old or came from elsewhere." in response.text
    assert read(ConnectionTest) == []


def test_token_of_somebody_else_is_refused(alice: Browser, browse, read):
    response = alice.client.post(FORM, data=filled(csrf_token=browse("bob").token))

    assert response.status_code == 400
    assert read(ConnectionTest) == []


def test_form_sent_from_another_site_is_refused(alice: Browser, read):
    response = alice.client.post(
        FORM, data=filled(csrf_token=alice.token), headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert response.status_code == 403
    assert read(ConnectionTest) == []
