"""Jobs about sending domains."""

from nimbus.services import check_domain, due_domains


def check(workspace_id: int, domain_id: int) -> None:
    check_domain.check_now(workspace_id, domain_id)


def check_due() -> None:
    due_domains.check_what_is_due()
