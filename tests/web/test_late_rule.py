"""Routes that are bound quickly lead where all others lead."""

import pytest
from werkzeug.routing import Map, Rule

from nimbus.web.late_rule import LateRule


def addresses(kind):
    rules = [
        kind("/", endpoint="home"),
        kind("/ä b/<int:number>/<rule>", endpoint="deep", defaults={"page": 1}),
    ]
    return Map(rules).bind("example.com").build


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("home", {}),
        ("home", {"q": "a&b"}),
        ("deep", {"number": 7, "rule": "x/ü"}),
        ("deep", {"number": 7, "rule": "x", "self": 1}),
    ],
)
def test_addresses_are_those_of_any_other_rule(endpoint, values):
    late = addresses(LateRule)

    assert late(endpoint, values) == late(endpoint, values) == addresses(Rule)(endpoint, values)
