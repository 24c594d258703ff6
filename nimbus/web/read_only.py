"""A process that must not change anything answers no request that would, and says so on every page."""

from flask import Flask, request

from nimbus.database import ReadOnly, read_only_reason

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def init_read_only(app: Flask) -> None:
    """To be called before anything else that looks at requests."""
    app.before_request(_refuse_changes)
    app.jinja_env.globals["read_only_reason"] = read_only_reason


def _refuse_changes() -> None:
    if request.method not in _SAFE_METHODS and (reason := read_only_reason()):
        raise ReadOnly(reason)
