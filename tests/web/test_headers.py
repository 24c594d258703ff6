"""What a browser is told about every answer."""

import gzip
import re

import pytest

from tests.browse import Browser

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest.fixture
def environ(request):
    return getattr(request, "param", {})


def asset_of(page):
    return re.search(r'href="(/assets/[^"]+/app\.css)"', page)[1]


def every_kind_of_answer(alice):
    """A page, a fragment, a redirect, three errors, an asset, a refusal and what a stranger gets."""
    stranger = alice.app.test_client()
    yield alice.get("/help")
    yield alice.get("/", htmx=True)
    yield alice.get("/login")
    yield alice.get("/nowhere")
    yield alice.post("/help")
    yield alice.client.post("/logout")
    yield alice.get(asset_of(alice.get("/help").text))
    yield stranger.get("/email-accounts")
    yield stranger.get("/email-accounts", headers={"HX-Request": "true"})
    yield stranger.get("/login")


def test_every_answer_forbids_what_no_page_of_ours_does(alice):
    for response in every_kind_of_answer(alice):
        headers = response.headers
        assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers


def test_pages_are_never_kept_and_assets_for_ever(alice):
    kept = {response.headers["Cache-Control"] for response in every_kind_of_answer(alice)}

    assert kept == {"private, no-store", "public, max-age=31536000, immutable"}


def test_the_cookie_cannot_be_read_by_a_script_nor_sent_by_another_site(app, cast):
    [cookie] = Browser(app).get("/login").headers.getlist("Set-Cookie")

    assert cookie.startswith("nimbus=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_an_asset_sets_no_cookie(app, alice):
    url = asset_of(alice.get("/help").text)

    assert app.test_client().get(url).headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("environ", [{"NIMBUS_BASE_URL": "https://nimbus.example.com"}], indirect=True)
def test_behind_https_the_cookie_is_bound_to_it_and_browsers_stay_there(app, cast):
    response = app.test_client().get("/login", base_url="https://nimbus.example.com")
    [cookie] = response.headers.getlist("Set-Cookie")

    assert cookie.startswith("__Host-nimbus=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "*"])
def test_a_page_is_sent_compressed_to_who_takes_it(alice, accepted):
    plain = alice.client.get("/help/connecting")
    packed = alice.client.get("/help/connecting", headers={"Accept-Encoding": accepted})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert b"<!DOCTYPE html>" in gzip.decompress(packed.data)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity, gzip; q=0"])
def test_a_page_is_sent_plain_to_who_does_not(alice, accepted):
    response = alice.client.get("/help/connecting", headers={"Accept-Encoding": accepted})

    assert "Content-Encoding" not in response.headers
    assert response.data.startswith(b"<!DOCTYPE html>")


def test_an_answer_of_a_few_bytes_is_not_compressed(alice):
    response = alice.client.get("/nowhere", headers={"Accept-Encoding": "gzip", "HX-Request": "true"})

    assert "Content-Encoding" not in response.headers


def test_an_asset_is_the_same_packed_and_plain_and_found_by_its_hash_alone(alice):
    url = asset_of(alice.get("/help").text)
    plain = alice.client.get(url)
    packed = alice.client.get(url, headers={"Accept-Encoding": "gzip"})

    assert plain.mimetype == "text/css"
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert alice.client.get(re.sub("/assets/[^/]+/", "/assets/0123456789abcdef/", url)).status_code == 404
    assert alice.client.get(url.replace("app.css", "instance.key")).status_code == 404
