"""Times, rates and counts as templates write them."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import render_template_string
from jinja2 import UndefinedError

from nimbus.web.components import percent, plural, relative

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=-10), "just now"),
        (timedelta(minutes=-4), "4 min ago"),
        (timedelta(hours=-3), "3 h ago"),
        (timedelta(minutes=5), "in 5 min"),
        (timedelta(days=-10), "12 Nov"),
    ],
)
def test_moment_is_told_by_its_distance_and_after_a_week_by_its_date(distance, words):
    assert relative(NOW + distance, NOW, "Europe/Paris") == words


def test_date_is_that_of_the_workspaces_zone():
    late = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)

    assert relative(late, NOW, "Europe/Paris") == "2 Nov"


@pytest.mark.parametrize(("rate", "words"), [(0.0, "0.0"), (0.0381, "3.8"), (1.0, "100.0")])
def test_rate_is_a_percentage_with_one_place(rate, words):
    assert percent(rate) == f"{words}\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(("count", "words"), [(0, "0 inboxes"), (1, "1 inbox"), (1204, "1,204 inboxes")])
def test_count_agrees_with_its_noun(count, words):
    assert plural(count, "inbox", "inboxes") == words


def render(app, source, **context):
    with app.test_request_context():
        return render_template_string(source, **context)


def test_time_carries_the_exact_moment_for_machines_and_the_local_one_for_a_pointer(app):
    html = render(app, "{{ clock_time(moment) }}", moment=NOW)

    assert html == (
        '<time datetime="2026-11-22T12:00:00+00:00" title="22 Nov 2026, 12:00:00 UTC">12:00</time>'
    )


def test_what_a_template_shows_is_escaped_inside_components_too(app):
    html = render(app, '{{ ui.copy("line", text) }}{{ ui.link(text, "/") }}', text="<b>&")

    assert html.count("&lt;b&gt;&amp;") == 2
    assert "<b>" not in html


def test_component_that_does_not_exist_fails_by_name(app):
    with pytest.raises(UndefinedError, match="no attribute 'fleld'"):
        render(app, "{{ ui.fleld() }}")


def test_missing_figure_is_a_dash_that_says_why(app):
    html = render(app, '{{ ui.nothing("No sends yet") }}')

    assert "–" in html
    assert html.count("No sends yet") == 2


@pytest.mark.parametrize(("score", "colour"), [(69, " low"), (70, ""), (84, ""), (85, " good")])
def test_score_is_coloured_by_the_floor_of_70(app, score, colour):
    assert f'class="meter{colour}"' in render(app, "{{ ui.meter(score) }}", score=score)
