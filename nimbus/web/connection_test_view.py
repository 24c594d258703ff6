"""A connection test as its page shows it: two legs with their steps, then the problem or the outcome."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from nimbus.clock import now
from nimbus.models import ConnectionTest
from nimbus.rules.connection_failure import Explanation, FailureCode, Fix, explain
from nimbus.rules.connection_test import (
    REPLY_SECONDS,
    UNDER_WAY,
    Leg,
    Purpose,
    State,
    Step,
    is_abandoned,
    legs_of,
    steps_of,
)
from nimbus.rules.mail_settings import MailSettings
from nimbus.services.asker import Asker
from nimbus.services.connect_account import kept_secrets
from nimbus.web.account_view import LEG_TITLES, SECURITY_WORDS

STEP_LABELS = {
    Step.FIND_SERVER: "Found the server",
    Step.CONNECT: "Connected",
    Step.ENCRYPT: "Encrypted",
    Step.SIGN_IN: "Signed in",
    Step.HAND_OVER: "Test message accepted",
    Step.OPEN_FOLDER: "Opened the folder",
    Step.FIND_REPLY: "Test message arrived",
}
_RUNNING_LABELS = {
    Step.FIND_SERVER: "Looking for the server…",
    Step.CONNECT: "Connecting…",
    Step.ENCRYPT: "Encrypting…",
    Step.SIGN_IN: "Signing in…",
    Step.HAND_OVER: "Handing the test message over…",
    Step.OPEN_FOLDER: "Opening the folder…",
    Step.FIND_REPLY: "Waiting for the reply…",
}
_HEADINGS = {
    State.PASSED: {
        Purpose.FOLDER: "The folder was changed",
        Purpose.PROBE: "Reading replies works",
        Purpose.RETEST: "Both directions work",
        Purpose.RECONNECT: "Connected again",
        Purpose.CONNECT: "Connected",
    },
    State.STOPPED: dict.fromkeys(Purpose, "Stopped"),
}
_OTHER_PATHS = {"connect_microsoft": "microsoft", "connect_google": "gmail"}


@dataclass(frozen=True, slots=True)
class StepView:
    """One line of a leg."""

    label: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class TestedLeg:
    """One leg with its steps; `note` says why it was not tried."""

    key: str
    title: str
    server: str
    state: str
    note: str
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why it failed, what the server said, and what to do. A fix is (key, label, "post" or "link", url)."""

    leg_title: str
    title: str
    sentence: str
    advice: str
    server_line: str | None
    fixes: tuple[tuple[str, str, str, str], ...]
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a passed test led to."""

    sentence: str
    account_url: str
    connect_another_url: str | None
    warning: str | None


class ConnectionTestView:
    """What the templates know of a test."""

    def __init__(self, test: ConnectionTest, asker: Asker) -> None:
        self._test = test
        self.id = test.id
        self.settings = MailSettings.from_dict(test.settings)
        self.email = self.settings.email
        self.purpose = Purpose(test.purpose)
        self.state = _state(test)
        self.started_at = test.started_at or test.created_at
        self.age_seconds = max(0, int((now() - test.created_at).total_seconds()))
        kept = kept_secrets(asker, test)
        self.kept_until: datetime | None = kept.until if kept.legs else None
        self.legs = [self._leg(leg) for leg in Leg]
        self.problem = self._problem() if self.state == State.FAILED else None
        self.dialogue = test.dialogue
        self.heading = self._heading()
        self.announce = self._announcement()
        self.outcome: Outcome | None = None
        self.no_worker: dict[str, str] | None = None

    @property
    def poll(self) -> str | None:
        """How often the page asks again: each second at first, never once there is a verdict."""
        if self.state not in UNDER_WAY:
            return None
        if self.age_seconds < 15:
            return "every 1s"
        return "every 3s" if self.age_seconds < 120 else "every 10s"

    @property
    def edit_url(self) -> str | None:
        if self.purpose == Purpose.CONNECT or (self.purpose == Purpose.PROBE and not self._test.account_id):
            return url_for("connect.smtp", from_test=self.id)
        if self.purpose in {Purpose.RECONNECT, Purpose.RETEST}:
            return url_for("reconnect.form", account_id=self._test.account_id, from_test=self.id)
        return url_for("email_accounts.edit", account_id=self._test.account_id, field="folder")

    def explanation(self) -> Explanation:
        """Why the test failed, in words."""
        leg = self._failed_leg()
        code = FailureCode(self._test.failure_code or FailureCode.INTERRUPTED)
        return explain(code, self.settings.attempted(leg), self._test.failure_detail)

    def _failed_leg(self) -> Leg:
        """Where it failed; without a verdict, where the worker that died was last."""
        progress = self._test.progress
        return Leg(self._test.failure_leg or (progress[-1][0] if progress else legs_of(self.purpose)[0]))

    @property
    def offered(self) -> tuple[Fix, ...]:
        """What may be done about the failure; nothing while there is none."""
        return self.explanation().fixes if self.state == State.FAILED else ()

    def _heading(self) -> str:
        if self.state in _HEADINGS:
            return _HEADINGS[self.state][self.purpose]
        if self.state == State.FAILED:
            return "The test failed"
        return f"Testing {self.email}"

    def _announcement(self) -> str:
        """The state in one sentence, for people who hear the page."""
        if self.problem:
            return ": ".join(filter(None, (self.problem.leg_title, self.problem.title)))
        done = [step.label for leg in self.legs for step in leg.steps if step.state != "todo"]
        return f"{self.heading}. {done[-1]}" if done and self.state in UNDER_WAY else self.heading

    def _leg(self, leg: Leg) -> TestedLeg:
        address = self.settings.server(leg)
        entries = {entry[1]: entry for entry in self._test.progress if entry[0] == leg}
        steps = tuple(self._step(step, entries.get(step)) for step in steps_of(self.purpose, leg))
        states = {step.state for step in steps}
        note = ""
        if leg not in legs_of(self.purpose):
            state, note, steps = "skipped", "Not part of this test.", ()
        elif "failed" in states:
            state = "failed"
        elif states == {"passed"}:
            state = "passed"
        elif states == {"todo"}:
            state = "todo"
            if self.state in {State.FAILED, State.STOPPED}:
                state, note = "skipped", "Not tried, because sending failed first."
                if self.state == State.STOPPED:
                    note = "Not tried."
        else:
            state = "running"
        where = f"{address.host}:{address.port} {SECURITY_WORDS[address.security]}"
        return TestedLeg(leg, LEG_TITLES[leg], where, state, note, steps)

    def _step(self, step: Step, entry: list[Any] | None) -> StepView:
        if entry is None:
            return StepView(STEP_LABELS[step], "todo", "")
        _, _, state, detail = entry
        if state == "running" and self.state == State.FAILED:
            state = "failed"
        if state != "running":
            return StepView(STEP_LABELS[step] if state == "passed" else _plain(step), state, detail)
        if self.state == State.STOPPED:
            return StepView(_plain(step), "todo", "")
        if step == Step.FIND_REPLY and self._test.handed_over_at:
            waited = int((now() - self._test.handed_over_at).total_seconds())
            detail = f"{waited} s of {int(REPLY_SECONDS)} s"
        return StepView(_RUNNING_LABELS[step], "running", detail)

    def _problem(self) -> Problem:
        why = self.explanation()
        no_leg = self._test.failure_code == FailureCode.ACCOUNT_LIMIT  # both passed, and nothing was saved
        return Problem(
            leg_title="" if no_leg else LEG_TITLES[self._failed_leg()],
            title=why.title,
            sentence=why.sentence,
            advice=why.advice,
            server_line=self._test.server_line,
            fixes=tuple(self._fixes()),
            folders=tuple(self._test.failure_detail.get("folders", "").splitlines()),
        )

    def _fixes(self) -> list[tuple[str, str, str, str]]:
        """Fixes that need the kept passwords are offered while these are kept."""
        post = url_for("connect.fix", test_id=self.id)
        fixes = []
        for fix in self.offered:
            if url := _leads_to(fix):
                fixes.append((fix.key, fix.label, "link", url))
            elif self.kept_until and (fix.changes is not None or fix.key == "wait_more"):
                fixes.append((fix.key, fix.label, "post", post))
        if self.purpose == Purpose.CONNECT and self._failed_leg() == Leg.SMTP and self.kept_until:
            fixes.append(("probe_replies", "Test replies anyway", "post", post))
        return fixes


def _leads_to(fix: Fix) -> str | None:
    """The page of a fix that is a link."""
    if path := _OTHER_PATHS.get(fix.key):
        return url_for("connect_oauth.show", path=path)
    if fix.help_anchor:
        slug, _, anchor = fix.help_anchor.partition("#")
        return url_for("help.article", slug=slug, _anchor=anchor or None)
    return None


def _plain(step: Step) -> str:
    """A step that did not come off, without the dots of one that is running."""
    return _RUNNING_LABELS[step].rstrip("…")


def _state(test: ConnectionTest) -> State:
    """The state that is true now: a test without anybody left to finish it has failed, written or not."""
    state = State(test.state)
    abandoned = is_abandoned(
        state,
        now(),
        lease_until=test.lease_until,
        wait_until=test.wait_until,
        secrets_until=test.secrets_until,
    )
    return State.FAILED if abandoned else state
