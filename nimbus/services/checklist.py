"""The list of what runs and what comes next. Every line is looked up now, none is remembered."""

from nimbus.rules.installation_health import Health
from nimbus.services.check import Check
from nimbus.services.check_work import work_checks


def run_checks(accounts: int) -> list[Check]:
    """All lines, in the order they matter. Waits at most a second for a queue that does not answer."""
    return [*work_checks(), _first_inbox(accounts)]


def _first_inbox(accounts: int) -> Check:
    if accounts:
        sentence = (
            f"{accounts:,} connected."
            if accounts > 1
            else "One connected. Most fleets have five to ten a domain."
        )
        return Check("inbox", Health.OK, "Your first inbox", sentence, action="connect")
    return Check(
        "inbox",
        Health.TODO,
        "Connect your first inbox",
        "It takes a minute: address, servers, password.",
        action="connect",
    )
