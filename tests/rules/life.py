"""The life of an inbox, day by day: what it sends, what comes of it, and what one look each evening makes of that.

A story is a list of days; its diary has a line for each, so that a test can be read like one.
"""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.cooldowns import begin, running
from nimbus.rules.effective_limit import LimitFacts, effective_limit
from nimbus.rules.health_facts import Day, HealthFacts, Inbox, Streams
from nimbus.rules.health_hold import NO_HOLD, HoldState
from nimbus.rules.inbox_review import review
from nimbus.rules.limit_ramp import LimitMode, Yesterday
from nimbus.rules.mailbox_kinds import MailboxKind
from nimbus.rules.outcomes import Attempt, Outcome, Stream, kept
from nimbus.rules.outside_signals import NotKnown
from nimbus.rules.placement import Placement
from nimbus.rules.providers import ConnectionState
from nimbus.rules.rates import Tally
from nimbus.rules.score_caps import DomainFacts
from nimbus.rules.send_limits import RAMPS
from nimbus.rules.stage_falls import Standing

MONDAY_EVENING = datetime(2026, 11, 2, 20, 0, tzinfo=UTC)
DAY, MORNING = timedelta(days=1), timedelta(hours=10)  # the mail of a day leaves ten hours before its look
LETTERS = {".": Outcome.CLEAN, "x": Outcome.PERMANENT, "c": Outcome.COMPLAINT, "s": Outcome.SOFT}
WARMUP_FACTOR = {
    MailboxKind.GOOGLE_WORKSPACE: 1.0,
    MailboxKind.MICROSOFT_365: 0.85,
    MailboxKind.CONSUMER_GMAIL: 0.75,
    MailboxKind.CUSTOM_SMTP: 0.75,
    MailboxKind.CONSUMER_OUTLOOK: 0.6,
}


class Line(NamedTuple):
    """An evening in the diary."""

    day: int
    stage: int
    score: int
    limit: int
    state: str


class Sent(NamedTuple):
    """A day's mail by stream, and where its warmup mail was found."""

    morning: datetime
    production: Tally
    warmup: Tally
    placement: Placement


HEALTHY_DOMAIN = DomainFacts(score=100, has_both=True, has_dmarc=True)


class Life:
    """An inbox with all that ever happened to it."""

    def __init__(self, kind=MailboxKind.GOOGLE_WORKSPACE):
        self.kind, self.domain, self.connection = kind, HEALTHY_DOMAIN, ConnectionState.OK
        self.now = MONDAY_EVENING - DAY
        self.inbox = Inbox(
            stage=0,
            standing=Standing(),
            hold=NO_HOLD,
            cooldowns=(),
            limit=RAMPS[kind].targets[0],
            raised_on=None,
            raised_at=None,
        )
        self.warmup_sends = 0
        self.attempts, self.sent, self.diary = [], [], []
        self.yesterday, self.facts, self.seen = None, None, None

    def day(self, production="", warmup=None, spam=0.0):
        """One day: production mail by its outcomes, as many warmup mails as the model plans, and a look at the end."""
        self.now += DAY
        warmup = self._planned() * "." if warmup is None else warmup
        in_spam = round(len(warmup) * spam)
        placement = Placement(len(warmup) - in_spam, len(warmup))
        tallies = self._send(production, Stream.PRODUCTION), self._send(warmup, Stream.WARMUP)
        self.sent.insert(0, Sent(self.now - MORNING, *tallies, placement))
        self.warmup_sends += tallies[1].sent - tallies[1].failed
        if "c" in production:
            cooldown = begin(CooldownKind.COMPLAINT, self.now, self.inbox.cooldowns)
            self.inbox = replace(self.inbox, cooldowns=(*self.inbox.cooldowns, cooldown))
        self.facts = self._facts()
        self.seen = review(self.inbox, self.facts)
        self.inbox = self.seen.inbox
        self._write(len(production) + len(warmup))
        return self.diary[-1]

    def days(self, count, **what):
        """Several alike."""
        return [self.day(**what) for _ in range(count)]

    def tell(self):
        """Print the diary, a line for each evening."""
        for line in self.diary:
            sys.stdout.write("day {:2}  stage {}  score {:3}  limit {:2}  {}\n".format(*line))

    def _planned(self):
        """Warmup mails of a day by the model's section 7.3, none while it is paused."""
        hold, stage = self.inbox.hold.state, self.inbox.stage
        if (
            hold is HoldState.HELD
            or self.connection is not ConnectionState.OK
            or self.domain.pause_reason is not None
        ):
            return 0
        base = min(20, 5 + self.warmup_sends // 8) if stage <= 2 else {3: 20, 4: 15, 5: 10}[stage]
        half = (0.5 if self.now.weekday() >= 5 else 1) * (0.5 if hold is HoldState.PROBATION else 1)
        most = int(self.inbox.limit * (0.5 if stage <= 2 else 0.4))
        return max(2, min(int(base * WARMUP_FACTOR[self.kind] * half), most))

    def _send(self, letters, stream):
        morning = self.now - MORNING
        made = [
            Attempt(morning + timedelta(minutes=number), stream, LETTERS[letter])
            for number, letter in enumerate(letters)
        ]
        self.attempts = kept(sorted(self.attempts + made, key=lambda attempt: attempt.at))
        return Tally(len(letters) - letters.count("s"), letters.count("x"), letters.count("c"))

    def _write(self, sent):
        """The day as the ramp will see it, and its line in the diary."""
        score, hold = self.seen.overall.score, self.inbox.hold.state
        cooling = sorted(running(self.inbox.cooldowns, self.now))
        self.yesterday = Yesterday(
            limit=self.inbox.limit,
            used=sent,
            score=score,
            was_held=hold is not HoldState.NONE,
            was_cooling=bool(cooling),
            was_domain_paused=self.domain.pause_reason is not None,
        )
        words = [self.connection.value] if self.connection is not ConnectionState.OK else []
        words += [hold.value] if hold is not HoldState.NONE else []
        state = ", ".join([*words, *(f"cooldown: {kind}" for kind in cooling)])
        self.diary.append(Line(len(self.diary) + 1, self.inbox.stage, score, self._limit(), state or "well"))

    def _limit(self):
        return effective_limit(
            LimitFacts(
                kind=self.kind,
                daily_send_limit=self.inbox.limit,
                provider_cap=450,
                score=self.seen.overall.score,
                level=max(self.seen.bounce_level, self.seen.complaint_level),
                hold_state=self.inbox.hold.state,
                is_first_day_after_pause=False,
                is_first_day_after_cooldown=False,
                sent_before_provider_limit=None,
            )
        ).limit

    def _facts(self):
        hold, week = self.inbox.hold, self.sent[:7]
        judged = [day for day in week if hold.judged_from is None or day.morning > hold.judged_from]
        on_probation = hold.state is HoldState.PROBATION
        return HealthFacts(
            now=self.now,
            today=self.now.date(),
            kind=self.kind,
            connection_state=self.connection,
            domain=self.domain,
            limit_mode=LimitMode.AUTOMATIC,
            is_warmup_off=False,
            week=_streams(week),
            judged=_streams(judged),
            days=[Day(age, day.production, day.warmup) for age, day in enumerate(self.sent[:28])],
            attempts=self.attempts,
            warmup_sends=self.warmup_sends,
            placement=Placement(
                *(sum(numbers) for numbers in zip(*(day.placement for day in week), strict=True))
            ),
            postmaster=NotKnown.NOT_CONNECTED,
            snds=NotKnown.NOT_APPLICABLE,
            yahoo=NotKnown.NOT_CONNECTED,
            last_mail_at=self.attempts[-1].at if self.attempts else None,
            yesterday=self.yesterday,
            said_fixed=False,
            complaints_on_probation=_streams(judged).production.complaints if on_probation else 0,
        )


def _streams(days):
    return Streams(sum((day.production for day in days), Tally()), sum((day.warmup for day in days), Tally()))
