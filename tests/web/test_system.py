"""/system: what the doctor found, for the person who runs the installation and for nobody else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from nimbus import queues
from nimbus.extensions import db
from nimbus.models import User
from nimbus.queue_server import queue_url
from tests.browse import Page
from tests.web.reading import links, same_part, words


@pytest.fixture
def olga(app, cast, browse):
    """Alice, who runs the installation too; everything in it runs."""
    with app.app_context():
        runs_it = sa.update(User).where(User.id == cast.alice.user_id).values(owns_instance=True)
        db.session.execute(runs_it)
        db.session.commit()
    connection = queues.connect(queue_url(app.extensions["nimbus.settings"]))
    queues.beat(connection, queues.WorkerSeen("worker-one", queues.QUEUES, "idle", datetime.now(UTC)))
    connection.set(queues.SCHEDULER_KEY, "x")
    return browse("alice")


@pytest.fixture
def change(app):
    def changed(**values):
        app.extensions["nimbus.settings"] = replace(app.extensions["nimbus.settings"], **values)

    return changed


@pytest.mark.parametrize("person", ["charlie", "adam", "bob", "vera"])
def test_who_does_not_run_the_installation_neither_sees_it_nor_the_way_to_it(browse, person):
    client = browse(person)

    for htmx in (False, True):
        assert client.get("/system", htmx=htmx).status_code == 403
    assert "/system" not in links(client.get("/help").text)


def test_where_everything_runs_the_page_says_so_first(olga):
    page = olga.get("/system")

    assert "/system" in links(olga.get("/help").text)
    assert "<h1>System</h1>" in page.text
    assert "Everything runs 17 of 17 fine Fine: Settings 6 given" in words(page.text)


def test_what_is_broken_stands_on_top_with_the_command_to_copy(olga, change):
    change(redis_url=None)
    page = olga.get("/system").text

    assert "5 parts do not work" in words(page)
    assert "Not working: Queue It does not answer. Work waits in the database. make run Copy" in words(page)
    assert page.index("check-queue") < page.index("check-settings")
    assert "Queues and workers Not known while the queue does not answer." in words(page)
    assert Page(page).ids.count("command-queue") == 1


def test_what_is_doubtful_is_told_with_what_to_do(olga, change):
    change(base_url="http://nimbus.example.com")
    page = words(olga.get("/system").text)

    assert "1 part is doubtful 16 of 17 fine Doubtful: Address http://nimbus.example.com" in page
    assert "Put a web server with a certificate in front" in page


def test_queues_workers_and_versions_are_shown(olga):
    page = words(olga.get("/system").text)

    assert "For Waiting Oldest Workers Connection tests 0 – Nothing waits 1 Sending 0" in page
    assert "idle Worker worker-o, heard of 0 s ago: connection tests, sending, replies, upkeep" in page
    assert "Versions System Linux" in page


def test_a_queue_that_nobody_serves_is_shown_with_what_waits(app, olga):
    connection = queues.connect(queue_url(app.extensions["nimbus.settings"]))
    connection.delete(queues.WORKERS_KEY)
    queues.enqueue(connection, queues.SWEEP)
    page = words(olga.get("/system").text)

    assert "Upkeep 1 0 s 0 No worker is running." in page


def test_the_text_to_copy_is_what_the_command_prints_without_a_secret(app, olga, settings, change):
    change(google_client_secret="s3cret")
    page = olga.get("/system").text
    letter = page.partition('<pre id="letter"')[2].partition("</pre>")[0].partition(">")[2]

    assert letter.startswith("ok    Settings: 6 given")
    assert "queue interactive: 0 waiting, served by 1" in letter
    assert Page(page).ids.count("letter") == 1
    for secret in ("s3cret", settings.secret_key, settings.key_file.read_text().strip()):
        assert secret not in page


def test_what_refreshes_is_the_same_part_of_the_page(olga):
    fragment, page = olga.get("/system", htmx=True).text, olga.get("/system").text

    assert fragment.lstrip().startswith('<div class="stack"')
    assert 'hx-trigger="nimbus:tick from:body"' in fragment
    assert same_part(_still(fragment), _still(page))


def _still(html):
    """Without what changes while a machine runs."""
    return html.partition('id="check-memory"')[0]


def test_a_provider_is_asked_again_only_after_five_minutes(app, olga, change, dns):
    assert "No application at Google or Microsoft is set up" in olga.get("/system").text
    change(google_client_id="an id", dns_resolvers=f"127.0.0.1:{dns.port}")

    assert "No application at Google or Microsoft is set up" in olga.get("/system").text

    looks = app.extensions["nimbus.doctor"]
    looks |= {key: (since - 301, found) for key, (since, found) in looks.items()}
    assert "Not working: Google oauth2.googleapis.com cannot be found." in words(olga.get("/system").text)
