"""What an inbox that was warmed elsewhere brings along: warmup sends, and never more than the gates then ask for."""

OVERRIDE = 200  # sends that an owner may vouch for: up to the cold gate, whose indicators still have to pass

_BY_SCORE = ((90, 200), (70, 75), (0, 0))


def imported_sends(sends: int | None, warmup_score: int) -> int:
    """Warmup sends that an import begins with: as reported, or else by its warmup score of 0 to 100."""
    if sends is not None:
        return sends
    return next(credit for least, credit in _BY_SCORE if warmup_score >= least)


def vouched_sends(sends: int) -> int:
    """The count after an owner says that this mailbox is warm already: it lifts a low one, and no other."""
    return max(sends, OVERRIDE)
