"""Looking changes nothing, whoever looks and however the request is dressed up."""

import pytest

from tests.sweeps.asking import HTMX
from tests.sweeps.routes import routes
from tests.sweeps.rows import changed, photograph
from tests.sweeps.test_access import _but_refusals

DRESSES = {
    "plain": {},
    "htmx": HTMX,
    "another method by header": {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"},
}


@pytest.mark.parametrize(
    ("name", "dress"),
    [*(("alice", dress) for dress in DRESSES), (None, "plain"), ("vera", "htmx"), ("charlie", "plain")],
)
def test_no_get_changes_a_row(world, site, name, dress):
    browser, failed = world.sign_in(name), []
    before = photograph(world.app)
    for route in routes(world.app, world.acme, every_method=True):
        if not route.is_safe:
            continue
        for form in [{}, *site.filled(route.endpoint)]:
            query = form | {"_method": "DELETE", "csrf_token": browser.token} if form else {}
            answer = browser.client.open(
                route.url, method=route.method, query_string=query, headers=DRESSES[dress]
            )
            failed += [f"{route}: {answer.status_code}"] if answer.status_code >= 500 else []

    assert failed == []
    assert _but_refusals(changed(before, photograph(world.app))) == {}


def test_no_link_of_any_page_changes_a_row(world, site):
    alice = world.sign_in("alice")
    before = photograph(world.app)
    for url in site.pages:
        assert alice.client.get(url).status_code < 500, url

    assert changed(before, photograph(world.app)) == {}
