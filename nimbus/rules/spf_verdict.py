"""What is said of a domain's SPF: the verdict, and the record that would be right."""

from collections.abc import Sequence

from nimbus.rules.sending_paths import Path
from nimbus.rules.spf import Qualifier, can_be_read
from nimbus.rules.spf_walk import MOST_LOOKUPS, SpfProblem, SpfWalk
from nimbus.rules.verdicts import Check, CheckResult, Record, Verdict, silent

NEAR_THE_LIMIT = 9  # look-ups: one more provider, and the record is worth nothing
_SENTENCES = {
    SpfProblem.NONE: "There is no SPF record, so no receiver knows who may send for this domain",
    SpfProblem.TWO_RECORDS: "There are two SPF records, which counts as none ({detail})",
    SpfProblem.SYNTAX: "The SPF record cannot be read: {detail}",
    SpfProblem.TOO_MANY_LOOKUPS: "The SPF record needs more than ten look-ups ({detail}), so receivers give up",
    SpfProblem.TOO_MANY_VOID: "The SPF record names too much that does not exist ({detail} such look-ups)",
    SpfProblem.TOO_MANY_HOSTS: "The SPF record is too wide: {detail}, and ten are allowed",
    SpfProblem.LOOP: "The SPF record includes itself: {detail}",
    SpfProblem.EMPTY_INCLUDE: "The SPF record includes {detail}, which has none",
}
_RIGHT = "The SPF record names who may send for this domain"
# With an answer missing, only what was seen in spite of that is certain.
_CERTAIN = frozenset(SpfProblem) - {SpfProblem.TOO_MANY_VOID}


def judge_spf(walk: SpfWalk, paths: Sequence[Path], *, dkim: Verdict) -> CheckResult:
    """The verdict. `paths` are the ways by which the domain's mail leaves, as far as they are known."""
    missing = missing_paths(walk, paths)
    verdict, code, sentence = _verdict(walk, missing, dkim)
    if verdict is Verdict.UNKNOWN:
        return silent(Check.SPF, _wanted(walk, paths))
    expected = _wanted(walk, paths)
    can_paste = code not in {"too_many_lookups", "too_many_void", "too_many_hosts", "loop", "empty_include"}
    is_right = verdict is Verdict.PASS or code == "near_limit"
    return CheckResult(
        check=Check.SPF,
        verdict=verdict,
        code=code,
        sentence=sentence,
        expected=expected,
        found=walk.records,
        paste=Record(walk.domain, "TXT", expected) if can_paste and not is_right else None,
    )


def missing_paths(walk: SpfWalk, paths: Sequence[Path]) -> list[Path]:
    """The ways out that the record does not name."""
    return [path for path in paths if not _names(walk, path)]


def _names(walk: SpfWalk, path: Path) -> bool:
    if path.includes:
        return any(name in walk.reached for name in path.includes)
    return all(walk.lets(address) for address in path.addresses)


def _verdict(walk: SpfWalk, missing: list[Path], dkim: Verdict) -> tuple[Verdict, str, str]:
    if walk.problem is not None and (walk.problem in _CERTAIN or not walk.is_partial):
        return Verdict.FAIL, walk.problem.value, _SENTENCES[walk.problem].format(detail=walk.detail)
    if walk.end is Qualifier.PASS:
        return Verdict.FAIL, "allows_all", "The SPF record lets the whole world send for this domain (+all)"
    if walk.is_partial:
        return Verdict.UNKNOWN, "no_answer", ""
    if missing:
        names = ", ".join(path.name for path in missing)
        verdict = Verdict.FAIL if dkim is Verdict.FAIL else Verdict.WARN
        return verdict, "path_missing", f"The SPF record does not name who sends this mail: {names}"
    code, sentence = _weakness(walk)
    return Verdict.WARN if sentence else Verdict.PASS, code, sentence or _RIGHT


def _weakness(walk: SpfWalk) -> tuple[str, str]:
    """What could be better about a record that works."""
    if walk.end is Qualifier.NEUTRAL:
        return "weak", "The SPF record forbids nothing (?all)"
    if walk.end is None:
        return "no_end", "The SPF record does not say what becomes of other senders"
    if walk.lookups >= NEAR_THE_LIMIT:
        used = f"{walk.lookups} of {MOST_LOOKUPS} look-ups"
        return "near_limit", f"The SPF record needs {used}: there is no room for another sender"
    return "found", ""


def _wanted(walk: SpfWalk, paths: Sequence[Path]) -> str:
    """The record as it should be: what can be read of what is there, in one record, with what is missing, and an end."""
    kept: list[str] = []
    redirects: list[str] = []
    for record in walk.records:
        for part in record.split()[1:]:
            if part.lower().lstrip("+-~?") == "all" or not can_be_read(part):
                continue
            (redirects if part.lower().startswith("redirect=") else kept).append(part)
    added = [path.term for path in missing_paths(walk, paths)]
    parts = list(dict.fromkeys([*kept, *added]))
    if redirects and len(set(redirects)) == 1:
        return " ".join(["v=spf1", *parts, redirects[0]])
    end = "-all" if walk.end is Qualifier.FAIL else "~all"
    return " ".join(["v=spf1", *parts, end])
