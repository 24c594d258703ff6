"""Where warmup mail lands, in the inbox or in the spam folder, over the last seven days."""

from typing import NamedTuple

from nimbus.rules.curves import Curve

ENOUGH = 20  # samples: fewer are not trusted in full
LOW = 0.50  # below this, most mail goes to spam

_CURVE = Curve(((0.30, 0), (0.50, 25), (0.65, 45), (0.80, 70), (0.90, 88), (0.95, 95), (1.0, 100)))


class Placement(NamedTuple):
    """Of `observed` mails, so many were found in the inbox. A mail that was not found at all is not observed."""

    inbox: int = 0
    observed: int = 0

    @property
    def rate(self) -> float:
        """The share found in the inbox, 0 to 1; 0 without a sample."""
        return self.inbox / self.observed if self.observed else 0.0

    @property
    def score(self) -> float:
        """0 to 100, from a rate that starts at 80 % with the weight of ten mails."""
        return _CURVE.at((self.inbox + 8) / (self.observed + 10))

    @property
    def confidence(self) -> float:
        """0 to 1."""
        return min(1.0, self.observed / ENOUGH)

    @property
    def is_low(self) -> bool:
        """Whether it is known that most mail goes to spam."""
        return self.observed >= ENOUGH and self.rate < LOW
