"""The one clock, and which day it is for a workspace."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from nimbus import create_app
from nimbus.clock import FileClock, MovableClock, SystemClock, local_day, next_midnight, now
from nimbus.extensions import db


def test_the_machines_clock_tells_an_aware_utc_time():
    before = datetime.now(UTC)

    assert before <= SystemClock().now() <= datetime.now(UTC)
    assert SystemClock().now().tzinfo == UTC


def test_a_moved_clock_stays_ahead_and_keeps_running():
    clock = MovableClock()
    clock.advance(days=1)
    clock.advance(hours=2, seconds=-1)

    ahead = clock.now() - datetime.now(UTC)
    assert abs(ahead - timedelta(days=1, hours=1, minutes=59, seconds=59)) < timedelta(seconds=5)


def test_a_file_moves_the_clock_whenever_it_is_written(tmp_path):
    file = tmp_path / "ahead"
    clock = FileClock(file)
    seen = []
    for text in (None, "86400", "not a number", "90000.5\n"):
        if text:
            file.write_text(text)
        seen.append(round((clock.now() - datetime.now(UTC)).total_seconds(), 1))

    assert seen == pytest.approx([0, 86400, 86400, 90000.5], abs=5)


def test_the_clock_file_of_the_settings_moves_the_whole_product(settings, tmp_path):
    (tmp_path / "ahead").write_text("3600")
    app = create_app(replace(settings, clock_file=tmp_path / "ahead"))

    with app.app_context():
        ahead = now() - datetime.now(UTC)
        db.engine.dispose()

    assert abs(ahead - timedelta(hours=1)) < timedelta(seconds=5)


def test_every_now_of_the_product_comes_from_the_applications_clock(context, clock):
    clock.advance(days=365)

    assert abs(now() - clock.now()) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 11, 12)),
        ("Europe/Paris", date(2026, 11, 13)),
        ("Asia/Kolkata", date(2026, 11, 13)),
        ("America/Los_Angeles", date(2026, 11, 12)),
        ("Pacific/Kiritimati", date(2026, 11, 13)),
    ],
)
def test_the_day_of_a_send_is_that_of_the_workspaces_zone(zone, day):
    assert local_day(datetime(2026, 11, 12, 23, 30, tzinfo=UTC), zone) == day


@pytest.mark.parametrize(
    ("zone", "moment", "midnight"),
    [
        ("UTC", (2026, 11, 12, 0, 0), (2026, 11, 13, 0, 0)),
        ("Europe/Paris", (2026, 11, 12, 22, 59), (2026, 11, 12, 23, 0)),
        ("Europe/Paris", (2026, 11, 12, 23, 0), (2026, 11, 13, 23, 0)),
        ("Asia/Kolkata", (2026, 11, 12, 12, 0), (2026, 11, 12, 18, 30)),
        # The nights in which clocks change make days of 23 and 25 hours.
        ("Europe/Paris", (2026, 3, 28, 23, 0), (2026, 3, 29, 22, 0)),
        ("Europe/Paris", (2026, 10, 24, 22, 0), (2026, 10, 25, 23, 0)),
    ],
)
def test_a_days_budget_is_new_at_the_workspaces_midnight(zone, moment, midnight):
    found = next_midnight(datetime(*moment, tzinfo=UTC), zone)

    assert found == datetime(*midnight, tzinfo=UTC)
    assert local_day(found, zone) > local_day(found - timedelta(seconds=1), zone)
