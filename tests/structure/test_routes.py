"""Every address asks who is there, except those that must not."""

from werkzeug.routing import AnyConverter, IntegerConverter, PathConverter, UnicodeConverter

PUBLIC = {
    "assets.asset",
    "invitations.accept",
    "invitations.show",
    "oauth.callback",
    "sessions.new",
    "setup.new",
    "unsubscribing.ask",
    "unsubscribing.end",
}


def sample(converter):
    """A value that an argument of a URL may have."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return {IntegerConverter: 1, UnicodeConverter: "x", PathConverter: "x"}[type(converter)]


def requests_of(app):
    """(method, URL) of every protected route, its arguments filled in."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in PUBLIC:
            values = {name: sample(converter) for name, converter in rule._converters.items()}
            for method in sorted(rule.methods - {"OPTIONS"}):
                yield method, adapter.build(rule.endpoint, values, method=method)


def test_every_route_sends_a_stranger_to_sign_in(app, monkeypatch):
    # Without a session there is no token either: the session must be asked for even when that check is passed.
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    stranger = app.test_client()
    let_in = []
    for method, url in requests_of(app):
        answer = stranger.open(url, method=method)
        if not (answer.status_code in (302, 303) and answer.location.startswith(("/login", "/setup"))):
            let_in.append(f"{method} {url}: {answer.status_code}")

    assert let_in == []


def test_a_fragment_for_a_stranger_is_a_401_and_not_a_page(app, cast):
    answers = [
        app.test_client().get(url, headers={"HX-Request": "true"})
        for method, url in requests_of(app)
        if method == "GET"
    ]

    assert {answer.status_code for answer in answers} == {401}


def test_the_public_list_names_only_routes_that_exist(app):
    assert PUBLIC - {rule.endpoint for rule in app.url_map.iter_rules()} == set()


def test_no_unsafe_request_passes_without_its_token(app):
    unsafe = [(method, url) for method, url in requests_of(app) if method not in ("GET", "HEAD")]
    answers = {app.test_client().open(url, method=method).status_code for method, url in unsafe}

    assert answers == {400}


def test_every_route_that_changes_something_says_what_it_asks_for(app):
    unmarked = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC
        and rule.methods - {"GET", "HEAD", "OPTIONS"}
        and not hasattr(app.view_functions[rule.endpoint], "needs")
    }

    assert unmarked == set()
