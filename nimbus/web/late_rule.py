"""Routes that are bound quickly."""

from collections.abc import Callable
from functools import cache, partial

from werkzeug.routing import Rule


class LateRule(Rule):
    """Writes the code that builds its addresses when the first is built, and not at the start.

    Werkzeug compiles two functions for each route, which is most of what it takes to make an application.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - Werkzeug's
        compiled = cache(partial(super()._compile_builder, append_unknown))
        return lambda rule, /, **values: compiled()(rule, **values)
