"""NimbusOS. Its application factory is loaded when somebody asks for it: what only starts or schedules others does not."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nimbus.application import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> object:
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nimbus.application import create_app

    return create_app
