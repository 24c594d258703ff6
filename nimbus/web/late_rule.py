"""Routes that are bound quickly."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """Writes the code that builds its addresses when the first is built, and not at the start.

    Werkzeug compiles two functions for each route, which is most of what it takes to make an application.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - Werkzeug's
        write = super()._compile_builder
        written: Callable[..., tuple[str, str]] | None = None

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            nonlocal written
            written = written or write(append_unknown)
            return written(rule, **values)

        return build
