"""Routes that break a rule on purpose: each is found, so that the sweeps are known to have teeth."""

import pytest
from flask import Flask, Response, request
from markupsafe import Markup

from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, Workspace
from tests.sweeps.asking import refuses
from tests.sweeps.judge import judge
from tests.sweeps.routes import NoSample, routes
from tests.sweeps.rows import changed, keep, photograph
from tests.sweeps.test_access import MAY_CHANGE, ROLES
from tests.sweeps.test_every_answer import wrong_with

MARK = "zq1q"


def rename(account_id=None):
    with transaction() as rows:
        row = rows.get(EmailAccountHealth, account_id) if account_id else rows.get_one(Workspace, 1)
        if row is not None:
            row.created_at = row.created_at.replace(year=2001)
    return "done"


def echo():
    return Markup("<!DOCTYPE html><p>" + request.args["q"] + "</p>")


PLANTED = {
    "/planted/changes-by-get": rename,
    "/planted/<int:account_id>/anybodys": rename,
    "/planted/reflects": echo,
    "/planted/header": lambda: Response("", headers={"X-Planted": "yes"}),
    "/planted/breaks": lambda: 1 / 0,
    "/planted/tells": lambda: 'sqlalchemy.exc.OperationalError: near "x": syntax error',
    "/planted/leads-away": lambda: Response("", 303, {"Location": request.args["q"]}),
    "/planted/kept": lambda: Response("", headers={"Cache-Control": "public"}),
    "/planted/framed": lambda: Response("", headers={"Content-Security-Policy": "default-src *"}),
    "/planted/loose-cookie": lambda: Response("", headers={"Set-Cookie": "a=b; Path=/"}),
}


@pytest.fixture
def app(app: Flask) -> Flask:
    for number, (rule, view) in enumerate(PLANTED.items()):
        app.add_url_rule(rule, f"planted.{number}", view)
    app.add_url_rule("/planted/unmarked", "planted.unmarked", rename, methods=["POST"])
    return app


@pytest.fixture
def get(world):
    """Ask a planted route as Charlie, who belongs to another workspace."""
    charlie = world.sign_in("charlie")

    def answer(url, **query):
        return charlie.client.get(f"/planted/{url}", query_string=query)

    return answer


@pytest.mark.parametrize("url", ["changes-by-get", "1/anybodys"])
def test_a_change_is_seen_in_the_rows_and_can_be_undone(world, get, url):
    before, put_back = photograph(world.app, world.cast.alice.workspace_id), keep(world.app)

    assert get(url).status_code == 200
    assert changed(before, photograph(world.app, world.cast.alice.workspace_id)) != {}
    put_back()
    assert changed(before, photograph(world.app, world.cast.alice.workspace_id)) == {}


def test_an_answer_that_tells_anybodys_row_from_none_is_seen(world, get):
    before = photograph(world.app)

    assert get("1/anybodys").data == get("999999/anybodys").data
    assert changed(before, photograph(world.app)).keys() == {"email_account_health"}


@pytest.mark.parametrize(
    "sent",
    [
        f"<{MARK}>",
        f"<b {MARK}=''>",
        "<b onclick=a()>",
        "<script>a()</script>",
        "<a href='javascript:a()'>",
        "</p></p>",
    ],
)
def test_markup_that_gets_into_a_page_is_seen(get, sent):
    assert judge(get("reflects", q=sent), MARK) != []
    assert judge(get("reflects", q=sent.replace("<", "&lt;")), MARK) == []


@pytest.mark.parametrize("url", ["header", "breaks", "tells"])
def test_what_a_hostile_request_must_not_get_is_seen(get, url):
    assert judge(get(url), MARK) != []


@pytest.mark.parametrize("url", ["//a.example", "https://a.example/", "http:a.example"])
def test_a_way_to_another_site_is_seen(get, url):
    assert judge(get("leads-away", q=url), MARK) != []
    assert judge(get("leads-away", q=f"/login?next={MARK}"), MARK) == []


@pytest.mark.parametrize("url", ["kept", "framed", "loose-cookie"])
def test_a_loose_header_is_seen(world, get, url):
    assert wrong_with(world.app, get(url)) != []
    assert wrong_with(world.app, get("changes-by-get")) == []


def test_a_route_that_anybody_may_post_to_is_seen_unless_it_is_written_down(world):
    planted = next(
        route
        for route in routes(world.app, world.acme)
        if route.endpoint == "planted.unmarked" and not route.is_safe
    )

    assert not any(refuses(planted, role) for role in ROLES.values())
    assert not any({planted.endpoint, planted.blueprint} & allowed for allowed in MAY_CHANGE.values())


def test_a_route_whose_argument_has_no_sample_is_an_error(app, world):
    app.add_url_rule("/planted/<int:moon_id>", "planted.moon", rename)

    with pytest.raises(NoSample, match="moon_id"):
        routes(world.app, world.acme)
