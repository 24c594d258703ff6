"""Reading JSON of others, where anything may stand anywhere: what is not of the promised kind is empty."""

from collections.abc import Mapping
from typing import Any


def text(value: Mapping[str, Any], name: str) -> str:
    """A text inside an object."""
    found = value.get(name)
    return found if isinstance(found, str) else ""


def member(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object inside an object."""
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def members(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list inside an object."""
    found = value.get(name)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []
