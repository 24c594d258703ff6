"""`python -m tests.bench [name]`: a line for each figure; ends with 1 when one misses its limit."""

import logging
import sys

from tests.bench import (
    account_list,
    browser,
    claims,
    classification,
    click_to_verdict,
    connection_test,
    domain_checks,
    import_contacts,
    key_rotation,
    reviews,
    rotation,
    sending,
    syncing,
    tick,
)

FIGURES = {
    "connection_test": connection_test.run,
    "click_to_verdict": click_to_verdict.run,
    "account_list": account_list.run,
    "key_rotation": key_rotation.run,
    "claims": claims.run,
    "send": sending.run,
    "reviews": reviews.run,
    "domain_checks": domain_checks.run,
    "classification": classification.run,
    "import_contacts": import_contacts.run,
    "rotation": rotation.run,
    "tick": tick.run,
    "sync": syncing.run,
    "first_paint": browser.first_paint,
    "search_answer": browser.search_answer,
}


def main(wanted: list[str]) -> int:
    logging.disable(logging.WARNING)
    unknown = [name for name in wanted if name not in FIGURES]
    if unknown:
        sys.stderr.write(f"No figure is called {unknown[0]}; there are: {', '.join(FIGURES)}\n")
        return 2
    kept = [FIGURES[name]() for name in wanted or FIGURES]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
