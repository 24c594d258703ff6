"""`reputation_score`: what receivers think of an inbox, from their own words where there are any and from its mail.

Bad news travels faster than good: three failures or two complaints are trusted at once, good news needs 50 and 200
mails. That haste counts only where it lowers the score, else a bounce could lift an inbox whose other parts are worse.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import product

from nimbus.rules import fading
from nimbus.rules.curves import Curve, half_up, percent
from nimbus.rules.fading import Freshness, age_in_days
from nimbus.rules.outside_signals import SPAM_CURVE, WORDS, NotKnown, Postmaster, Snds, Yahoo
from nimbus.rules.score_parts import Blend, Part, blend

WEIGHTS = {"postmaster": 0.30, "bounce": 0.25, "complaint": 0.20, "snds": 0.15, "yahoo": 0.10}
# Anchors of Amazon SES: under 2 % is healthy, 5 % is reviewed, 10 % stops a sender.
BOUNCE_CURVE = Curve(((0, 100), (0.01, 90), (0.02, 75), (0.03, 60), (0.05, 35), (0.08, 12), (0.10, 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReputationFacts:
    """What reputation is read from. Counts are decayed over 28 days (`fading.decayed`), so they have fractions."""

    sends: float
    failures: float  # permanent ones
    delivered: float
    complaints: float
    postmaster: Postmaster | NotKnown
    snds: Snds | NotKnown
    yahoo: Yahoo | NotKnown


@dataclass(frozen=True, slots=True)
class Reputation:
    """The score, 0 to 100, and what it is made of."""

    score: int
    blend: Blend


def reputation_score(facts: ReputationFacts, now: datetime) -> Reputation:
    """The reputation of an inbox at this moment."""
    readings = (
        _postmaster(facts.postmaster, now),
        _bounce(facts),
        _complaint(facts),
        _snds(facts.snds, now),
        _yahoo(facts.yahoo, now),
    )
    lowest = min((blend(parts) for parts in product(*readings)), key=lambda blended: blended.value)
    return Reputation(half_up(lowest.value), lowest)


_Readings = tuple[Part, ...]  # one part, or the same part trusted twice: patiently, and in haste


def _postmaster(signal: Postmaster | NotKnown, now: datetime) -> _Readings:
    if isinstance(signal, NotKnown) or signal.score is None:
        return _missing("postmaster", signal if isinstance(signal, NotKnown) else NotKnown.NO_DATA)
    age = age_in_days(signal.day, now)
    said = f"spam rate {percent(signal.spam_rate, 2)}" if signal.spam_rate is not None else f"{signal.band}"
    text = f"Gmail Postmaster: {said}, {_aged(age, fading.POSTMASTER)}"
    return (Part("postmaster", signal.score, WEIGHTS["postmaster"], fading.POSTMASTER.at(age), text),)


def _bounce(facts: ReputationFacts) -> _Readings:
    score = BOUNCE_CURVE.at((facts.failures + 0.5) / (facts.sends + 50))
    text = f"{facts.failures:.1f} permanent failures in {facts.sends:.1f} sends of 28 days, older ones weigh less"
    patient = min(1.0, facts.sends / 50)
    return _two_readings("bounce", score, text, patient=patient, hasty=min(1.0, facts.failures / 3))


def _complaint(facts: ReputationFacts) -> _Readings:
    # It takes a thousand mails, about an inbox's month, to know a rate of that size: so heavy is the start of 0.05 %.
    score = SPAM_CURVE.at((facts.complaints + 0.5) / (facts.delivered + 1000))
    text = f"{facts.complaints:.1f} complaints about {facts.delivered:.1f} delivered mails of 28 days, older ones weigh less"
    patient = min(1.0, facts.delivered / 200)
    return _two_readings("complaint", score, text, patient=patient, hasty=min(1.0, facts.complaints / 2))


def _snds(signal: Snds | NotKnown, now: datetime) -> _Readings:
    if isinstance(signal, NotKnown):
        return _missing("snds", signal)
    age = age_in_days(signal.day, now)
    text = f"Microsoft SNDS: {signal.colour}, {signal.traps} traps, {_aged(age, fading.SNDS)}"
    return (Part("snds", signal.score, WEIGHTS["snds"], fading.SNDS.at(age), text),)


def _yahoo(signal: Yahoo | NotKnown, now: datetime) -> _Readings:
    if isinstance(signal, NotKnown):
        return _missing("yahoo", signal)
    age = age_in_days(signal.day, now)
    fresh = fading.YAHOO.at(age)
    text = f"Yahoo: {signal.complaints} complaints about {signal.sent} mails of 28 days, {_aged(age, fading.YAHOO)}"
    patient = fresh * min(1.0, signal.sent / 100)
    hasty = fresh * min(1.0, signal.complaints / 2)
    return _two_readings("yahoo", signal.score, text, patient=patient, hasty=hasty)


def _two_readings(name: str, score: float, text: str, *, patient: float, hasty: float) -> _Readings:
    trusted = sorted({patient, max(patient, hasty)})
    return tuple(Part(name, score, WEIGHTS[name], confidence, text) for confidence in trusted)


_SOURCES = {"postmaster": "Gmail Postmaster", "snds": "Microsoft SNDS", "yahoo": "Yahoo"}


def _missing(name: str, why: NotKnown) -> _Readings:
    return (Part(name, None, WEIGHTS[name], 0.0, f"{_SOURCES[name]}: {WORDS[why]}"),)


def _aged(age: int, freshness: Freshness) -> str:
    days = {0: "of today", 1: "a day old"}.get(age, f"{age} days old")
    return days if age <= freshness.drop else f"{days} and too old to count"
