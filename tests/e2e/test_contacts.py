"""Somebody brings a list of people in, sees what could not be read, and a person on it unsubscribes."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nimbus.security.unsubscribe_tokens import Unsubscriber, seal_token
from tests.e2e.contacts import FILE


@pytest.mark.parametrize("script", [True, False])
def test_a_list_comes_in_by_three_pages_with_and_without_a_script(open_page, owner, tmp_path, script):
    path = Path(tmp_path, "people.csv")
    path.write_bytes(FILE)
    page = open_page(owner, script=script)
    page.goto("/contacts")
    page.get_by_role("link", name="Import contacts").first.click()

    page.get_by_label("CSV file").set_input_files(path)
    page.get_by_label("Name of a new address book").fill("Trade fair")
    page.get_by_role("button", name="Next: its columns").click()
    expect(page.get_by_text("“not an address” is no address like")).to_be_visible()
    page.get_by_role("button", name="Import 5 rows").click()
    # Its worker may still be starting.
    expect(page.get_by_role("heading", name="people.csv is in")).to_be_visible(timeout=30_000)

    expect(page.get_by_text("4 contacts are new.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them as CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        assert [row[-1] for row in csv.reader(file)][1:] == [
            "“not an address” is no address like ava@example.com."
        ]
    page.get_by_role("link", name="Open “Trade fair”").click()
    expect(page.get_by_role("heading", name="4 contacts")).to_be_visible()


def test_a_person_unsubscribes_with_one_press_and_the_list_says_so(app, open_page, owner):
    with app.app_context():
        link = f"/u/{seal_token(Unsubscriber(owner.workspace_id, 'zoe@example.com'))}"
    reader, sender = open_page(), open_page(owner)

    reader.goto(link)
    reader.get_by_role("button", name="Unsubscribe").click()
    expect(reader.get_by_role("heading", name="You are unsubscribed")).to_be_visible()

    sender.goto("/contacts/suppression")
    expect(sender.get_by_text("zoe@example.com")).to_be_visible()
    expect(sender.get_by_text("Unsubscribed", exact=True)).to_be_visible()
