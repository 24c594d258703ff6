"""Amounts of data in words."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def in_words(size: int) -> str:
    """A number of bytes in decimal units with two digits at least: "1.2 GB", "850 MB", "12 bytes"."""
    amount, unit = float(size), 0
    while round(amount) >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    shown = f"{amount:.1f}" if unit and amount < 9.95 else f"{amount:.0f}"
    return f"{shown} {_UNITS[unit]}"
