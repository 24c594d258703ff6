"""How far through warmup an inbox is, roughly, for the eye.

The stage decides, and nothing reads this number: the specification calls it cosmetic. It may show 100 at stage 2.
"""

from nimbus.rules.stage_gates import GATES


def shown_progress(warmup_sends: int) -> int:
    """0 to 100: the warmup sends there ever were, of those that the last stage asks for."""
    return min(100, 100 * warmup_sends // GATES[-1].sends)
