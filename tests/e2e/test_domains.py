"""A sending domain is checked in a browser, its record is copied and published, and the page says so by itself."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from nimbus.clock import now
from tests.factories import make_domain, make_email_account
from tests.servers.zones import rsa_key
from tests.services.domains.zone import publish

NAME = "check-me.test"
KEY = rsa_key(2048)
ZONE = {
    NAME: [f"MX 10 mx.{NAME}."],
    f"mx.{NAME}": ["A 192.0.2.25"],
    f"_dmarc.{NAME}": [f'TXT "v=DMARC1; p=reject; rua=mailto:d@{NAME}"'],
    f"google._domainkey.{NAME}": [f'TXT "{KEY[:250]}" "{KEY[250:]}"'],
    "_spf.google.com": ['TXT "v=spf1 ip4:192.0.2.0/24 ~all"'],
}


@pytest.fixture
def zone(mail_stack, dns):  # the product asks these name servers only where the mail servers run
    publish(dns, ZONE)
    yield dns
    for name in ZONE:
        dns.remove(name)


def check(page, name):
    return page.locator(f"#check-{name}")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_missing_record_is_copied_published_and_found(open_page, app, owner, zone, script):
    with app.app_context():
        make_email_account(owner.workspace_id, f"ava@{NAME}", provider="gmail", legs=())
        make_domain(owner.workspace_id, NAME, next_check_at=now() + timedelta(hours=6))
    page = open_page(
        owner, script=script, **{"permissions": ["clipboard-write", "clipboard-read"]} if script else {}
    )
    page.goto("/domains")
    page.get_by_role("link", name=NAME).click()
    page.get_by_role("button", name="Check now").click()
    # The first worker may still be starting.
    expect(check(page, "spf")).to_contain_text("There is no SPF record", timeout=30_000)

    record = check(page, "spf").locator("#paste-spf-value").text_content()
    if script:
        check(page, "spf").get_by_role("button", name=re.compile("Copy")).last.click()
        expect(check(page, "spf").get_by_text("Copied")).to_be_visible()
        record = page.evaluate("() => navigator.clipboard.readText()")
    publish(zone, {NAME: [*ZONE[NAME], f'TXT "{record}"']})
    page.get_by_role("button", name="Check again").click()

    expect(check(page, "spf")).to_contain_text("Passes")
    expect(page.get_by_role("button", name="Check again")).to_be_visible()
    expect(page.locator("main")).to_contain_text("The SPF record names who may send for this domain")
    assert page.locator("[hx-trigger^=every], meta[http-equiv=refresh]").count() == 0
