"""What a person typed to connect an account, without the passwords."""

from dataclasses import asdict, fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.connection_test import Leg, Security
from nimbus.rules.mail_settings import MailSettings, ServerAddress

TYPED = MailSettings(
    email="ava@Try-Acme.com",
    display_name="Ava Able",
    smtp_host="smtp.try-acme.com",
    smtp_port=587,
    smtp_security="starttls",
    smtp_username="ava",
    imap_host="imap.try-acme.com",
    imap_port=993,
    imap_security="ssl",
    imap_username="ava-reads",
    imap_folder="Replies",
)
TEXT = st.text("aZ 9.@'\"\\äß例", max_size=9)  # all of Unicode would take seconds to prepare
ANY_SETTINGS = st.builds(
    MailSettings,
    **dict.fromkeys(
        ["email", "display_name", "smtp_host", "smtp_username", "imap_host", "imap_username", "imap_folder"],
        TEXT,
    ),
    smtp_security=st.sampled_from(Security).map(str),
    imap_security=st.sampled_from(Security).map(str),
)


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("ava@Try-Acme.com", "try-acme.com"),
        ('"a@b"@x.test', "x.test"),
        ("ava@xn--bcher-kva.test", "xn--bcher-kva.test"),
    ],
)
def test_sending_domain_is_what_follows_the_last_at_sign(email, domain):
    assert TYPED.changed({"email": email}).domain == domain


def test_each_leg_has_its_own_server():
    assert TYPED.server(Leg.SMTP) == ServerAddress("smtp.try-acme.com", 587, Security.STARTTLS, "ava")
    assert TYPED.server(Leg.IMAP) == ServerAddress("imap.try-acme.com", 993, Security.SSL, "ava-reads")


def test_a_failure_names_the_server_folder_and_sender_that_were_tried():
    attempted = TYPED.attempted(Leg.IMAP)

    assert (attempted.leg, attempted.host, attempted.port) == (Leg.IMAP, "imap.try-acme.com", 993)
    assert (attempted.security, attempted.folder) == (Security.SSL, "Replies")
    assert attempted.sender == "ava@Try-Acme.com"


def test_a_fix_replaces_what_it_names_and_keeps_the_rest():
    fixed = TYPED.changed({"smtp_port": 465, "smtp_security": "ssl"})

    assert asdict(TYPED) | {"smtp_port": 465, "smtp_security": "ssl"} == asdict(fixed)


def test_a_fix_that_names_no_setting_is_refused():
    with pytest.raises(TypeError):
        TYPED.changed({"smtp_password": "secret"})


@settings(max_examples=30, deadline=None)
@given(ANY_SETTINGS)
def test_settings_survive_storage(typed):
    assert MailSettings.from_dict(typed.as_dict()) == typed


def test_what_is_not_a_setting_is_left_out():
    typed = TYPED.as_dict() | {"smtp_password": "secret", "csrf_token": "x"}

    assert MailSettings.from_dict(typed) == TYPED
    assert not any("password" in field.name for field in fields(MailSettings))
