"""The first minutes with an empty server: operator task 1."""

import os
import signal
from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import expect

from nimbus import create_app, queues
from nimbus.extensions import db
from nimbus.services.set_up import is_set_up, new_setup_code
from tests.e2e.operator import Operator
from tests.e2e.watching import assert_sound, assert_sound_everywhere
from tests.product import CREW, Product, running_product
from tests.run.waiting import eventually, name_of, processes_with


@pytest.fixture(scope="module")
def running(chromium):
    with running_product() as product:
        yield product


@pytest.fixture
def empty(running):
    """The running product without a workspace, and the code that makes the first one."""
    with create_app(running.settings).app_context():
        if not is_set_up():
            return running, running.setup_code
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())
        db.session.commit()
        return running, new_setup_code()


def await_processes(product: Product) -> None:
    """Return when all that a product consists of has given a sign of life."""
    reader = Flask("tests")
    reader.extensions["nimbus.settings"] = product.settings
    with reader.app_context():
        eventually(lambda: len(queues.workers_alive(datetime.now(UTC))) == CREW, seconds=60)
        eventually(queues.scheduler_alive, seconds=60)


def stop_workers(product: Product) -> None:
    """SIGTERM to their parent, as an operator would."""
    running = processes_with(product.mark).items()
    [parent] = [
        pid for pid, command in running if "jobs.worker" in command and name_of(pid) not in queues.QUEUES
    ]
    os.kill(parent, signal.SIGTERM)


def introduce(operator, code):
    operator.fill("Set-up code", code)
    operator.fill("Workspace", "Brightside")
    operator.fill("Your name", "Dana")
    operator.fill("Email", "dana@example.com")
    operator.fill("Password", "a long enough password")


@pytest.mark.parametrize(
    "options", [{}, {"script": False}, {"phone": True}], ids=["desk", "no script", "phone"]
)
def test_empty_server_leads_to_its_list_of_things_to_do_in_two_clicks(empty, open_page, options):
    product, code = empty
    await_processes(product)
    operator = Operator(open_page(url=product.url, **options))

    operator.open("/")
    expect(operator.page).to_have_url(f"{product.url}/setup")
    introduce(operator, "ABCD-EFGH-JKMN")
    operator.press("Create workspace", then="There is a problem")
    operator.sees("This is not the code that the terminal shows.")
    introduce(operator, code)
    operator.press("Create workspace", then="Set up NimbusOS")

    assert operator.clicks == 2
    operator.sees("It answers.", f"{CREW} running, last seen", "3 of 4 done", "Connect your first inbox")


@pytest.fixture
def own_product(chromium):
    """One whose workers may be stopped."""
    with running_product() as product:
        await_processes(product)
        yield product


def test_checklist_and_test_page_notice_workers_that_stop(own_product, open_page):
    page = open_page(url=own_product.url)
    page.goto("/")
    assert_sound_everywhere(page)
    operator = Operator(page)
    introduce(operator, own_product.setup_code)
    operator.press("Create workspace", then="Set up NimbusOS")
    line = page.locator("#check-worker")
    expect(line).to_contain_text("running, last seen")
    page.evaluate("window.neverReloaded = true")

    stop_workers(own_product)

    expect(line).to_contain_text("None is running. Without one, that work waits.", timeout=70_000)
    expect(line).to_contain_text("make worker")
    assert page.evaluate("window.neverReloaded")
    assert_sound(page)
    see_that_a_waiting_test_has_no_worker(operator)


def see_that_a_waiting_test_has_no_worker(operator):
    operator.open("/email-accounts/connect/smtp")
    operator.fill("Email address", "ava@alpha.test")
    for leg in ("SMTP", "IMAP"):
        operator.fill(f"{leg} host", "127.0.0.1")
    operator.fill("SMTP password", "secret")
    operator.press("Test and connect", then="ava@alpha.test")
    operator.sees("Waiting for a background worker", "None is running.")
    operator.look()
