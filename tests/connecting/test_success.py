"""Both legs pass: the account exists, linked to its domain, and the message lies in the mailbox."""

import pytest

from jobs.health import review_due
from nimbus.clock import local_day
from nimbus.models import ConnectionTest, DomainHealth, EmailAccountHealth, HealthEvent, InboxDay, MailServer
from tests.connecting.reading import Reading


def ports_for(stack, security):
    return {
        "ssl": {"smtp_port": stack.smtp_ssl, "imap_port": stack.imap_ssl},
        "starttls": {"smtp_port": stack.smtp_starttls, "imap_port": stack.imap_starttls},
        "none": {"smtp_port": stack.smtp_plain, "imap_port": stack.imap_plain},
    }[security]


@pytest.mark.claim("C01", partly=True)
@pytest.mark.claim("C16")
@pytest.mark.claim("C21", partly=True)
@pytest.mark.parametrize("security", ["ssl", "starttls", "none"])
def test_mailbox_connects_with_each_encryption(connect, mail_stack, read, security):
    ports = ports_for(mail_stack, security)

    page = Reading(connect(smtp_security=security, imap_security=security, **ports))

    assert "Connected Linked to domain alpha.test. Stage 0, 20 mails a day." in page
    assert "Failed:" not in page
    assert page.text.count("TLS 1.3") == page.text.count("Done: Encrypted TLS") == 2 * (security != "none")
    [account] = read(EmailAccountHealth)
    assert (account.email, account.display_name) == ("ann@alpha.test", "Ann Able")
    rows = {server.leg: server for server in read(MailServer)}
    assert {leg: (row.host, row.port, row.security) for leg, row in rows.items()} == {
        "smtp": ("127.0.0.1", ports["smtp_port"], security),
        "imap": ("127.0.0.1", ports["imap_port"], security),
    }
    assert (rows["smtp"].username, rows["imap"].folder) == ("ann@alpha.test", "INBOX")
    assert all(row.failure_code is None and row.account_id == account.id for row in rows.values())


@pytest.mark.claim("C01", partly=True)
def test_new_account_begins_with_the_values_of_the_specification(connect, read, cast):
    connect()

    [account] = read(EmailAccountHealth)
    assert account.workspace_id == cast.alice.workspace_id
    assert (account.provider, account.connection_state) == ("smtp_imap", "ok")
    assert (account.current_stage, account.daily_send_limit, account.rotation_priority) == (0, 20, 100)
    assert (account.is_active, account.restriction, account.warmup_progress) == (True, "any", 0)
    unknown = (account.overall_score, account.reputation_score, account.bounce_rate_7d)
    assert {*unknown, account.complaint_rate_7d, account.cooldown_until, account.removed_at} == {None}
    [domain] = read(DomainHealth)
    assert (domain.name, domain.id, domain.pause_reason) == ("alpha.test", account.domain_id, None)


@pytest.mark.claim("C01")
def test_new_account_has_its_scores_with_the_next_round_of_the_timetable(connect, app, run_jobs, read):
    connect()
    with app.app_context():
        review_due()
    run_jobs()

    [account] = read(EmailAccountHealth)
    assert (account.overall_score, account.reputation_score) == (70, 70)
    assert (account.daily_send_limit, account.current_stage, account.rotation_priority) == (20, 0, 100)
    assert account.stage_sentence == "Stage 1 needs 20 warmup sends, has 0."


def test_test_message_counts_in_the_days_sends_and_the_log_says_who_connected(connect, read, clock):
    connect()

    [account] = read(EmailAccountHealth)
    [used] = read(InboxDay)
    today = local_day(clock.now(), "Europe/Paris")
    assert (used.account_id, used.day, used.sent, used.reserved) == (account.id, today, 1, 0)
    [event] = read(HealthEvent)
    assert (event.account_id, event.kind, event.tone) == (account.id, "connected", "ok")
    assert (event.sentence, event.actor) == ("Connected over SMTP and IMAP", "Alice")


@pytest.mark.claim("C21", partly=True)
def test_one_message_of_one_line_lies_in_the_mailbox(connect, mail_stack, read, new_mailbox):
    mailbox = new_mailbox()

    connect(**mailbox)

    [message] = mail_stack.messages(mailbox["email"])
    [test] = read(ConnectionTest)
    nonce, _, signature = message["X-NimbusOS-Test"].strip().partition(".")
    assert (nonce, len(signature)) == (test.nonce, 32)
    assert (message["From"], message["To"]) == (mailbox["email"], mailbox["email"])
    assert message["Subject"] == "NimbusOS connection test"
    assert len(message.get_content().splitlines()) == 1


@pytest.mark.claim("C51")
def test_second_mailbox_of_a_domain_links_to_the_same_row(connect, read, new_mailbox):
    connect()

    page = Reading(connect(**new_mailbox()))
    other = Reading(connect(**new_mailbox("beta.test")))

    assert "Linked to domain alpha.test (1 other inbox)." in page
    assert "Linked to domain beta.test. Stage 0" in other
    first, second, third = read(EmailAccountHealth)
    assert first.domain_id == second.domain_id != third.domain_id
    assert [domain.name for domain in read(DomainHealth)] == ["alpha.test", "beta.test"]


def test_account_can_be_opened_from_the_page_of_its_test(connect, alice):
    page = Reading(connect())

    account = alice.get(page.links["Open account"])
    assert (account.status_code, "ann@alpha.test" in account.text) == (200, True)
    assert page.links["Connect another"] == "/email-accounts/connect/smtp"
    assert "hx-trigger" not in page.html.partition('id="connection-test"')[2].partition(">")[0]


@pytest.mark.parametrize("security", ["ssl", "none"])
def test_user_name_and_password_beyond_ascii_sign_in(connect, mail_stack, read, new_mailbox, security):
    mailbox = new_mailbox(password="Grüße: 密码")
    login = f"zoë-{security}"
    mail_stack.add_users({}, {login: mailbox["email"]})

    page = connect(
        **mailbox | {"smtp_username": login, "imap_username": login},
        smtp_security=security,
        imap_security=security,
        **ports_for(mail_stack, security),
    )

    assert "Linked to domain" in page
    assert {server.username for server in read(MailServer)} == {login}


def test_same_user_and_password_serve_both_legs(connect, read, mail_stack):
    connect(same_login="y", imap_username=None, imap_password=None, smtp_username="änn")

    assert [server.username for server in read(MailServer)] == ["änn", "änn"]


def test_user_name_left_empty_is_the_address(connect, read):
    connect(smtp_username="", imap_username="")

    assert [server.username for server in read(MailServer)] == ["ann@alpha.test"] * 2


def test_message_that_lands_in_junk_passes_with_a_warning(connect, read):
    login = dict.fromkeys(("email", "smtp_username", "imap_username"), "junked@alpha.test")

    page = Reading(connect(**login))

    assert "The test message arrived in Junk, the spam folder. Replies may land there too." in page
    assert [account.email for account in read(EmailAccountHealth)] == ["junked@alpha.test"]


def test_nothing_of_the_passwords_is_kept_beside_the_account(connect, read):
    connect()

    [test] = read(ConnectionTest)
    assert (test.state, test.sealed_smtp_password, test.sealed_imap_password) == ("passed", None, None)
