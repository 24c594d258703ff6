"""Jobs that nobody asked for by hand."""

from nimbus.services import sweep as sweeping


def sweep() -> None:
    sweeping.sweep()


def purge() -> None:
    sweeping.purge()
