"""Every request that the product answers, made from its own map of addresses."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import AnyConverter, Rule

from nimbus.rules.roles import Permission
from nimbus.web.access import PUBLIC_ENDPOINTS
from tests.sweeps.world import LINK, Samples

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
EVERY_METHOD = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
# Arguments whose values belong to nobody, by endpoint where the name alone says too little.
SHARED: Samples = {
    "slug": "connecting",
    "token": f"acme{LINK}",  # whoever has the link of an invitation may follow it, from anywhere
    # Whoever has the link of a message may follow it; this one is of nobody.
    "unsubscribing.ask.token": "0" * 40,
    "unsubscribing.end.token": "0" * 40,
    "assets.asset.digest": "0" * 16,
    "assets.asset.name": "app.css",
}


class NoSample(AssertionError):
    """An address takes something that no sample is known for."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address, with its arguments filled in."""

    endpoint: str
    method: str
    url: str
    names_a_row: bool
    known: bool  # whether the address takes this method at all
    needs: Permission
    needs_proof: bool
    for_instance_owner: bool

    @property
    def is_public(self) -> bool:
        return self.endpoint in PUBLIC_ENDPOINTS

    @property
    def is_safe(self) -> bool:
        return self.method in SAFE

    @property
    def blueprint(self) -> str:
        return self.endpoint.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


def routes(app: Flask, samples: Samples, *, every_method: bool = False) -> list[Route]:
    """Each route with each method it takes, or with all that HTTP has. Fails on an argument without a sample."""
    found = [
        route
        for rule in sorted(app.url_map.iter_rules(), key=str)
        for route in _of_rule(app, rule, samples, EVERY_METHOD if every_method else sorted(rule.methods))
    ]
    assert len(found) > 50
    return found


def _of_rule(app: Flask, rule: Rule, samples: Samples, methods) -> Iterator[Route]:
    view = app.view_functions[rule.endpoint]
    adapter = app.url_map.bind("localhost")
    for values in _values(rule, samples):
        url = adapter.build(rule.endpoint, values, method=min(rule.methods - {"HEAD", "OPTIONS"}))
        for method in methods:
            yield Route(
                rule.endpoint,
                method,
                url,
                names_a_row=bool(rule.arguments & samples.keys()),
                known=method in adapter.allowed_methods(url),
                needs=getattr(view, "needs", Permission.READ),
                needs_proof=getattr(view, "needs_proof", False),
                for_instance_owner=getattr(view, "for_instance_owner", False),
            )


def _values(rule: Rule, samples: Samples) -> list[Samples]:
    """The arguments of a rule; an argument that is one of a few words is given each of them."""
    all_values: list[Samples] = [{}]
    for name, converter in rule._converters.items():
        words = (
            sorted(converter.items) if isinstance(converter, AnyConverter) else [_sample(rule, name, samples)]
        )
        all_values = [values | {name: word} for values in all_values for word in words]
    return all_values


def _sample(rule: Rule, name: str, samples: Samples) -> object:
    for key in (f"{rule.endpoint}.{name}", name):
        if key in samples:
            return samples[key]
        if key in SHARED:
            return SHARED[key]
    raise NoSample(f"{rule} takes “{name}”: give it a sample in tests/sweeps/world.py or routes.py")
