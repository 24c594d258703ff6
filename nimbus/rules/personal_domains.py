"""Mail domains where anybody can have a mailbox of their own: Gmail's, and the families of Outlook.com.

The names in com: `deliverability.md` 5.4. Outlook and Hotmail belong to Microsoft under every country's ending; Live is a
plain word that others own in many countries, so its endings are listed.
"""

import re

_GOOGLE = frozenset({"gmail.com", "googlemail.com"})
_MICROSOFT = frozenset({"msn.com", "passport.com", "windowslive.com"})
_OUTLOOK_AND_HOTMAIL = re.compile(r"(outlook|hotmail)\.(com|(com?\.)?[a-z]{2})")
_LIVE = re.compile(
    r"live\.(com|at|be|ca|cl|cn|de|dk|fi|fr|hk|ie|in|it|jp|nl|no|ru|se"
    r"|co\.(jp|kr|uk|za)|com\.(ar|au|mx|my|ph|pk|pt|sg))"
)


def is_personal_google(domain: str) -> bool:
    """Whether mailboxes of this domain, in lower case, are consumer accounts of Google."""
    return domain in _GOOGLE


def is_personal_microsoft(domain: str) -> bool:
    """Whether mailboxes of this domain, in lower case, are consumer accounts of Microsoft."""
    return domain in _MICROSOFT or any(family.fullmatch(domain) for family in (_OUTLOOK_AND_HOTMAIL, _LIVE))
