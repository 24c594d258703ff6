"""Whether a receiver refuses mail because nothing vouches for its domain (`deliverability.md` 9.3, SEND_BLOCKED)."""

import re

from nimbus.rules.send_answer_kinds import Category

# Gmail says so for now before it says so for good: no sign of either, SPF, DKIM, no DMARC record, not aligned.
_FOR_NOW = re.compile(r"\b4\.7\.(2[67]|3[0-2])\b")
# Refused as unauthenticated too, and no fault of the domain's records: a server without a name, a missing TLS.
_OF_THE_SERVER = re.compile(r"\b5\.7\.(25|29)\b|\b(ptr|rdns|reverse dns)\b", re.IGNORECASE)


def refuses_domain(category: Category | None, line: str) -> bool:
    """Whether this refusal, of that category and with that line of the server's, is about the domain's SPF, DKIM or DMARC."""
    if category is Category.BLOCK_AUTH:
        return _OF_THE_SERVER.search(line) is None
    return category is Category.THROTTLE and _FOR_NOW.search(line) is not None
