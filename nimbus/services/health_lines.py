"""What a look at an inbox writes into its log: each change with what was before and after it, why, and by which numbers."""

from datetime import datetime
from typing import Any

from nimbus.models import EventTone
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_review import Change, Review

_HOLDS = {
    HoldState.NONE: ("Health hold over", EventTone.OK),
    HoldState.PROBATION: ("On probation after a health hold", EventTone.WARN),
    HoldState.HELD: ("Health hold: warmup and promotion wait", EventTone.BAD),
}


def health_lines(row: Any, found: Review, moment: datetime) -> list[dict[str, Any]]:
    """The lines for `health_event`; none where nothing has changed."""
    lines = [_line(change) for change in found.changes]
    after = found.overall.score
    before = None if row.overall_score is None else int(row.overall_score)
    if before != after:
        said = f"Health score {after}" if before is None else f"Health score changed from {before} to {after}"
        tone = EventTone.PLAIN if before is None or after > before else EventTone.WARN
        was = "" if before is None else str(before)
        lines.append(
            {
                "kind": "score",
                "sentence": said,
                "tone": tone,
                "before": was,
                "after": str(after),
                "cause": _why(found),
            }
        )
    common = {
        "workspace_id": row.workspace_id,
        "account_id": row.id,
        "at": moment,
        "actor": None,
        "counters": _counters(row, found),
    }
    return [line | common for line in lines]


def _line(change: Change) -> dict[str, Any]:
    said, tone = _worded(change)
    why = f"{change.cause[:1].upper()}{change.cause[1:]}"
    sentence = f"{said}. {why}" if why else said
    named = {"before": change.before, "after": change.after, "cause": change.cause}
    return {"kind": change.what, "sentence": sentence, "tone": tone} | named


def _worded(change: Change) -> tuple[str, EventTone]:
    if change.what == "hold":
        return _HOLDS[HoldState(change.after)]
    if change.what == "cooldown":
        return f"Cooldown after {CooldownKind(change.after).in_words}", EventTone.WARN
    has_risen = int(change.after) > int(change.before)
    tone = EventTone.OK if has_risen else EventTone.WARN
    name = "Stage" if change.what == "stage" else "Daily limit"
    return f"{name} changed from {change.before} to {change.after}", tone


def _why(found: Review) -> str:
    """The cap that bites, or where the score comes from."""
    overall = found.overall
    if overall.caps and overall.caps[0].cap <= overall.blend.value:
        return overall.caps[0].text
    return "; ".join(
        f"{each.part.name} {round(each.part.score)}"
        for each in overall.blend.shares
        if each.part.score is not None
    )


def _counters(row: Any, found: Review) -> dict[str, Any]:
    rates = found.rates
    return {
        "bounces": [rates.bounce.count, rates.bounce.of],
        "complaints": [rates.complaint.count, rates.complaint.of],
        "basis": rates.basis,
        "warmup_sends": row.warmup_sends or 0,
        "reputation": found.reputation.score,
        "score": found.overall.score,
    }
