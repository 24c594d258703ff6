"""Mail domains where anybody can have a mailbox: their DNS and reputation are nobody's to mend, and pause nobody.

Else one poisoned user of gmail.com would pause all the others.
"""

import re

from nimbus.rules.personal_domains import is_personal_google, is_personal_microsoft

_NAMES = frozenset(
    {
        "aim.com",
        "aol.com",
        "fastmail.com",
        "fastmail.fm",
        "freenet.de",
        "hey.com",
        "hushmail.com",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "orange.fr",
        "pm.me",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "rocketmail.com",
        "t-online.de",
        "tutanota.com",
        "web.de",
        "yandex.com",
        "yandex.ru",
        "ymail.com",
        "zohomail.com",
        "126.com",
        "163.com",
    }
)
_FAMILIES = re.compile(r"(gmx|yahoo)\.(com|net|(com?\.)?[a-z]{2})")


def is_public_provider(domain: str) -> bool:
    """Whether anybody can have a mailbox at this domain, in lower case."""
    return (
        domain in _NAMES
        or is_personal_google(domain)
        or is_personal_microsoft(domain)
        or _FAMILIES.fullmatch(domain) is not None
    )
