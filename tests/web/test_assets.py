"""Style sheet, script and pictures: named by their content, kept for ever, and exactly the files we vouch for."""

import gzip
import hashlib
import re

import pytest

from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.inbox_status import WORDS
from nimbus.web import navigation
from nimbus.web.assets import STATIC
from nimbus.web.message_view import STATES
from nimbus.web.thread_view import CLASSES
from tests.browse import Page
from tests.structure.sources import ROOT

NAMES = ("app.css", "app.js", "icons.svg", "favicon.svg", "favicon-attention.svg")


@pytest.fixture
def asset_url(app):
    return app.jinja_env.globals["asset_url"]


@pytest.mark.parametrize("name", NAMES)
def test_file_is_kept_for_ever_under_the_name_of_its_content_whoever_asks(alice, asset_url, name):
    response = alice.client.get(asset_url(name))

    assert response.status_code == 200
    assert hashlib.sha256(response.data).hexdigest().startswith(asset_url(name).split("/")[2])
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("name", NAMES)
def test_file_is_sent_compressed_to_whoever_can_read_that(app, asset_url, name):
    client = app.test_client()
    plain = client.get(asset_url(name))
    packed = client.get(asset_url(name), headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("change", [("/assets/", "/assets/0"), ("app.css", "app.js"), ("app.css", "nothing")])
def test_wrong_hash_or_name_is_not_found_and_not_kept(app, asset_url, change):
    response = app.test_client().get(asset_url("app.css").replace(*change))

    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "private, no-store"


def test_template_that_names_an_unknown_file_fails(asset_url):
    with pytest.raises(KeyError):
        asset_url("app.min.css")


def test_vendored_htmx_is_the_file_whose_hash_is_recorded():
    recorded = re.search(
        r"`htmx\.min\.js`.*`([0-9a-f]{64})`", (STATIC / "vendor" / "README.md").read_text("utf-8")
    )

    assert hashlib.sha256((STATIC / "vendor" / "htmx.min.js").read_bytes()).hexdigest() == recorded[1]


def test_every_icon_named_in_words_navigation_and_templates_is_in_the_sprite():
    there = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text("utf-8")))
    texts = [path.read_text("utf-8") for path in (ROOT / "templates").rglob("*.html")]
    drawn = {name for text in texts for name in re.findall(r"""icon\(["']([a-z0-9-]+)["']""", text)}
    listed = {icon for *_, icon in navigation._PAGES} | {icon for _, _, icon in WORDS.values()}
    listed |= {view.icon for view in [*CLASSES.values(), *STATES.values()]}

    assert len(drawn) > 10
    assert drawn | listed | {f"pips-{stage}" for stage in range(6)} <= there


def test_every_way_a_test_fails_has_its_place_in_the_help(alice):
    anchors = Page(alice.get("/help/connecting").text).ids

    assert {code.value for code in FailureCode} <= set(anchors)
