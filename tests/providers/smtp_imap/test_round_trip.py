"""The whole round trip on real Postfix and Dovecot."""

import pytest

from nimbus.providers.smtp_imap.round_trip import Found, check_folder
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import STEPS, Leg, Step
from tests.providers.smtp_imap.mailbox import Mailbox, new_probe
from tests.servers.availability import require
from tests.servers.mail import MailStack

PASSWORD = "correct horse"
pytestmark = pytest.mark.servers


@pytest.fixture
def real(mail_stack: MailStack) -> Mailbox:
    return Mailbox(str(mail_stack.ca_file), password=PASSWORD, step_seconds=15)


def port(stack: MailStack, leg: str, security: str) -> int:
    name = {"ssl": "ssl", "starttls": "starttls", "none": "plain"}[security]
    return getattr(stack, f"{leg}_{name}")


@pytest.mark.parametrize("security", ["ssl", "starttls", "none"])
def test_message_handed_over_is_found_again(real: Mailbox, mail_stack: MailStack, security: str) -> None:
    probe = new_probe()

    real.smtp(port(mail_stack, "smtp", security), security, probe)
    look = real.imap(port(mail_stack, "imap", security), security, probe, patience_seconds=10)

    assert look == Found("INBOX")
    assert any(message["X-NimbusOS-Test"] == probe.token for message in mail_stack.messages("ann@alpha.test"))
    passed = [(leg, step) for what, leg, step in real.notebook.steps if what == "passed"]
    assert passed == [(leg, step) for leg in Leg for step in STEPS[leg]]


def test_message_filed_as_junk_is_found_there_and_said_so(real: Mailbox, mail_stack: MailStack) -> None:
    real.username = "junked@alpha.test"
    probe = new_probe("junked@alpha.test")

    real.smtp(mail_stack.smtp_ssl, "ssl", probe)
    look = real.imap(mail_stack.imap_ssl, "ssl", probe, patience_seconds=10)

    assert look == Found("Junk", is_junk=True)


def test_message_that_never_arrives_is_no_failure_of_the_look(real: Mailbox, mail_stack: MailStack) -> None:
    real.username = "dropped@alpha.test"
    probe = new_probe("dropped@alpha.test")

    real.smtp(mail_stack.smtp_ssl, "ssl", probe)
    look = real.imap(mail_stack.imap_ssl, "ssl", probe, patience_seconds=0.5)

    assert look is None
    assert real.notebook.steps[-1] == ("began", Leg.IMAP, Step.FIND_REPLY)


def test_message_with_another_signature_is_not_taken_for_ours(real: Mailbox, mail_stack: MailStack) -> None:
    ours = new_probe()
    forged = new_probe()
    object.__setattr__(forged, "token", f"{ours.token}-and-more")

    real.smtp(mail_stack.smtp_ssl, "ssl", forged)
    assert real.imap(mail_stack.imap_ssl, "ssl", forged, patience_seconds=10) == Found("INBOX")

    assert real.imap(mail_stack.imap_ssl, "ssl", ours, patience_seconds=0.3) is None


@pytest.mark.parametrize(
    ("leg", "security"), [("smtp", "ssl"), ("imap", "ssl"), ("smtp", "starttls"), ("imap", "none")]
)
@pytest.mark.parametrize("username", ["ann@alpha.test", "nobody@alpha.test"])
def test_wrong_password_and_unknown_user_fail_to_authenticate(
    real: Mailbox, mail_stack: MailStack, leg: str, security: str, username: str
) -> None:
    real.username, real.password = username, 'Wröng "horse\\'

    error = real.fails(leg, port(mail_stack, leg, security), security)

    assert (error.code, error.step, error.permanent) == (FailureCode.AUTH_FAILED, Step.SIGN_IN, True)
    assert error.server_line


def test_user_name_and_password_beyond_ascii_sign_in(real: Mailbox, mail_stack: MailStack) -> None:
    mail_stack.add_users({"uml@alpha.test": "Übergröße 密码"}, logins={"ümlaut": "uml@alpha.test"})
    real.username, real.password = "ümlaut", "Übergröße 密码"
    probe = new_probe("uml@alpha.test")

    real.smtp(mail_stack.smtp_starttls, "starttls", probe)

    assert real.imap(mail_stack.imap_starttls, "starttls", probe, patience_seconds=10) == Found("INBOX")


def test_password_of_ten_thousand_characters_is_refused_not_hung_on(
    real: Mailbox, mail_stack: MailStack
) -> None:
    real.password = "x" * 10_000

    for leg in ("smtp", "imap"):
        error = real.fails(leg, port(mail_stack, leg, "ssl"), "ssl")
        assert error.step == Step.SIGN_IN


@pytest.mark.parametrize(
    ("address", "code", "permanent"),
    [
        ("later@alpha.test", FailureCode.TEST_DEFERRED, False),
        ("never@alpha.test", FailureCode.TEST_REFUSED, True),
    ],
)
def test_recipient_answer_decides_between_later_and_never(
    real: Mailbox, mail_stack: MailStack, address: str, code: FailureCode, *, permanent: bool
) -> None:
    real.username = address

    error = real.fails("smtp", mail_stack.smtp_ssl, "ssl", probe=new_probe(address))

    assert (error.code, error.step, error.permanent) == (code, Step.HAND_OVER, permanent)
    assert error.server_line[0] in "45"


def test_misspelt_folder_names_the_folders_that_exist(real: Mailbox, mail_stack: MailStack) -> None:
    error = real.fails("imap", mail_stack.imap_ssl, "ssl", folder="Junkk")

    assert (error.code, error.step) == (FailureCode.FOLDER, Step.OPEN_FOLDER)
    assert error.detail["folders"].splitlines()[:2] == ["Junk", "INBOX"]
    assert "Junkk" in error.server_line or "exist" in error.server_line


def test_checking_a_folder_opens_it(real: Mailbox, mail_stack: MailStack) -> None:
    login = real.login(mail_stack.imap_ssl, "ssl")

    check_folder(login, real.network, folder="Junk", watch=real.notebook, dialogue=real.dialogue)

    assert real.notebook.details[Leg.IMAP, Step.OPEN_FOLDER] == "Junk"


@pytest.mark.parametrize("leg", ["smtp", "imap"])
def test_starttls_on_a_port_that_speaks_tls_at_once_is_found_out(
    real: Mailbox, mail_stack: MailStack, leg: str
) -> None:
    real.step_seconds = 2.0

    error = real.fails(leg, port(mail_stack, leg, "ssl"), "starttls")

    assert error.code == FailureCode.TLS_MISMATCH


@pytest.mark.parametrize("leg", ["smtp", "imap"])
def test_ssl_on_a_port_that_begins_in_clear_is_a_handshake_failure(
    real: Mailbox, mail_stack: MailStack, leg: str
) -> None:
    error = real.fails(leg, port(mail_stack, leg, "starttls"), "ssl")

    assert (error.code, error.step) == (FailureCode.TLS_HANDSHAKE, Step.ENCRYPT)
    assert error.detail["kind"] == "plain"


def test_no_encryption_where_the_server_insists_on_it_says_so(real: Mailbox, mail_stack: MailStack) -> None:
    error = real.fails("smtp", mail_stack.smtp_starttls, "none")

    assert error.code == FailureCode.STARTTLS_REQUIRED


def test_localized_junk_and_all_mail_are_looked_into() -> None:
    require("mail")
    users = {"fi@alpha.test": PASSWORD, "all@alpha.test": PASSWORD}
    folders = {"Roskaposti": None, "Everything": "\\All"}
    filed = {"fi@alpha.test": "Roskaposti", "all@alpha.test": "Everything"}
    with MailStack(users=users, mailboxes=folders, filed=filed) as stack:
        looks = {}
        for address in users:
            real = Mailbox(str(stack.ca_file), username=address, password=PASSWORD, step_seconds=15)
            probe = new_probe(address)
            real.smtp(stack.smtp_ssl, "ssl", probe)
            looks[address] = real.imap(stack.imap_ssl, "ssl", probe, patience_seconds=10)

    assert looks["fi@alpha.test"] == Found("Roskaposti", is_junk=True)
    assert looks["all@alpha.test"] == Found("Everything")
