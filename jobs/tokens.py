"""Jobs about the tokens of accounts."""

from nimbus.services import refresh_tokens


def refresh() -> None:
    refresh_tokens.refresh_due()
