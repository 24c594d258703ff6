"""Names of tags and clients: what is kept of what was typed, and what is wrong with it."""

import unicodedata

LONGEST = 40  # characters of a name
MOST = 20  # tags, clients among them, on one account
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def tidy(typed: str) -> str:
    """The name in one form of Unicode, blanks around and doubled within it removed."""
    return " ".join(part for part in unicodedata.normalize("NFC", typed).split(" ") if part)


def folded(name: str) -> str:
    """What makes two names the same: “Acme” is “ACME”."""
    return unicodedata.normalize("NFC", tidy(name).casefold())


def split(typed: str) -> list[str]:
    """The names of a line that separates them by commas, each once, in the order they were typed."""
    names = {folded(part): tidy(part) for part in reversed(typed.split(",")) if tidy(part)}
    return list(reversed(names.values()))


def problem(name: str) -> str | None:
    """What is wrong with a tidy name, as a sentence; None when it may be used."""
    if not name:
        return "Enter a name."
    if any(unicodedata.category(char) in _UNSEEN for char in name):
        return "Remove the line break or control character."
    if "," in name:
        return "Use one name, without a comma."
    if len(name) > LONGEST:
        return f"Use at most {LONGEST} characters for a name."
    return None
