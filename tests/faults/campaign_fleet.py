"""A fleet whose messages come from campaigns over pools that overlap, and whose inboxes turn bad and good again."""

import itertools
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any, NamedTuple

from sqlalchemy.exc import OperationalError

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    Batch,
    CampaignContact,
    CampaignInbox,
    Contact,
    Deferral,
    DomainHealth,
    EmailAccountHealth,
)
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.domain_pause import PauseCode, Reason
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.campaign_life import CannotBecome, ask_for_batch, pause, resume
from nimbus.services.cool_down import CannotEnd, cool_until, end_cooldowns
from nimbus.services.move_inbox import move_stage
from nimbus.services.pause_domain import apply_reasons
from nimbus.services.update_account import restrict, switch_rotation
from tests.faults.campaign_judge import CampaignEvidence, Spell, campaign_verdict, nobody_is_left_behind
from tests.faults.fleet import WORKSPACE, Fleet
from tests.faults.nemesis import Nemesis
from tests.faults.send_scenarios import calm
from tests.faults.world import eventually
from tests.servers.processes import wait_until
from tests.servers.sink import accepted
from tests.services.campaigning import change, make_campaign

FIT: dict[str, Any] = {"overall_score": 90, "current_stage": 5}
_ADA = Asker(WORKSPACE, 1, "Ada", Role.OWNER, "127.0.0.1")


class Turn(NamedTuple):
    """How an inbox turns bad, and how it is good again: as a person does both. Safe to do twice."""

    spoil: Callable[[int], None]
    mend: Callable[[int], None]


def set_stage(inbox: int, stage: int) -> None:
    """Step by step, as a person does it: a look that began before would put a stage back that was only written over."""
    while (here := _stage(inbox)) != stage:
        move_stage(_ADA, inbox, up=here < stage)


def _stage(inbox: int) -> int:
    db.session.remove()
    return db.session.get_one(EmailAccountHealth, inbox).current_stage


def end_rest(inbox: int) -> None:
    """It does not rest any more, whoever ended it."""
    with suppress(CannotEnd):
        end_cooldowns(_ADA, inbox)


def judge_domain(inbox: int, *, is_deaf: bool) -> None:
    """What a check of the inbox's domain does that found so; the inbox is the only one there."""
    deaf = Reason(PauseCode.MX_DEAD, bad_since=now(), paused_at=now())
    with transaction() as session:
        domain = session.get_one(DomainHealth, session.get_one(EmailAccountHealth, inbox).domain_id)
        apply_reasons(session, domain, [deaf] if is_deaf else [], listed_on=None)
        domain.resumed_at = None  # long ago: the day after a pause has a lower limit


TURNS = {
    "reserved": Turn(
        lambda inbox: restrict(_ADA, inbox, Restriction.NURTURE),
        lambda inbox: restrict(_ADA, inbox, Restriction.ANY),
    ),
    "inactive": Turn(
        lambda inbox: switch_rotation(_ADA, inbox, is_active=False),
        lambda inbox: switch_rotation(_ADA, inbox, is_active=True),
    ),
    "cooling": Turn(lambda inbox: cool_until(_ADA, inbox, now() + timedelta(hours=1)), end_rest),
    "domain": Turn(partial(judge_domain, is_deaf=True), partial(judge_domain, is_deaf=False)),
    "young": Turn(lambda inbox: set_stage(inbox, 2), lambda inbox: set_stage(inbox, 5)),
}


class CampaignFleet(Fleet):
    """`campaigns` are ids; `bad` keeps for each inbox from when to when it surely could not send."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, CAMPAIGNS="1", per_domain=1, **options)
        self.campaigns: list[int] = []
        self.bad: dict[int, list[Spell]] = defaultdict(list)

    def launch(self, campaigns: int, contacts: int) -> None:
        """So many campaigns with as many contacts each; every two of them share half of their inboxes."""
        with self._app.app_context():
            change(EmailAccountHealth, **FIT)
            third = max(1, len(self.inboxes) // 3)
            for number in range(campaigns):
                around = itertools.islice(itertools.cycle(self.inboxes), number * third, None)
                pool = sorted(set(itertools.islice(around, 2 * third)))
                self.campaigns.append(
                    make_campaign(WORKSPACE, pool, contacts, called=f"lead{number}-", name=f"Number {number}")
                )

    def ask(self, _count: int = 0) -> None:
        """Ask for the next batch of each campaign; what the database or a running batch refuses is asked for later."""
        with self._app.app_context():
            for campaign in self.campaigns:
                try:
                    ask_for_batch(_ADA, campaign)
                except CannotBecome:
                    continue
                except OperationalError:
                    db.session.remove()
                    self.refusals += 1
        Event().wait(0.3)

    def become(self, move: Callable[[Asker, int], None], campaign: int) -> None:
        """Move a campaign to another state, unless it is in one that does not allow it, however long that takes."""

        def moved() -> None:
            with suppress(CannotBecome):
                move(_ADA, campaign)

        with self._app.app_context():
            wait_until(lambda: self._done(moved), within=90, what="a database")

    def spoil(self, inbox: int, turn: str) -> None:
        """A good inbox turns bad. Only once that is committed it counts."""
        with self._app.app_context():
            if self._done(lambda: TURNS[turn].spoil(inbox)):
                self.bad[inbox].append(Spell(now(), None, turn))
            else:  # perhaps it was committed all the same
                wait_until(lambda: self._done(lambda: TURNS[turn].mend(inbox)), within=90, what="a database")

    def mend(self, inbox: int) -> None:
        """A bad one is good again, however long the database takes for it."""
        with self._app.app_context():
            if self.is_bad(inbox):
                turn = TURNS[self.bad[inbox][-1].turn]
                self.bad[inbox][-1] = self.bad[inbox][-1]._replace(until=now())
                wait_until(lambda: self._done(lambda: turn.mend(inbox)), within=90, what="a database")

    def is_bad(self, inbox: int) -> bool:
        """Whether it has turned bad and was not mended."""
        return bool(self.bad[inbox]) and self.bad[inbox][-1].until is None

    def finish(self) -> None:
        """All inboxes are good; batches run until nobody is left whom an inbox could take."""
        for inbox in self.inboxes:
            self.mend(inbox)
        eventually(self._is_finished, within=self.settles_within * 8)  # else the judge says who is left

    def wrong(self) -> dict[str, list[str]]:
        """What both judges find in the end."""
        return super().wrong() | campaign_verdict(self.campaign_evidence())

    def campaign_evidence(self) -> CampaignEvidence:
        """What the campaigns left behind."""
        emails = {contact.id: contact.email for contact in self.rows(Contact)}
        pools = defaultdict(set)
        for each in self.rows(CampaignInbox):
            pools[each.campaign_id].add(each.account_id)
        evidence = self.evidence()
        return CampaignEvidence(
            sends=evidence.sends,
            batches={batch.id: batch for batch in self.rows(Batch)},
            deferrals=self.rows(Deferral),
            contacts=self.rows(CampaignContact),
            emails=emails,
            pools=pools,
            limits=evidence.limits,
            taken=accepted(self.sink.log),
            bad=self.bad,
        )

    def _is_finished(self) -> bool:
        self.ask()
        self.settle()
        return not list(nobody_is_left_behind(self.campaign_evidence()))

    def _done(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except OperationalError:
            db.session.remove()
            return False
        return True


class Turncoats(Nemesis):
    """A nemesis that turns inboxes as well: a good one bad, a bad one good. And it stops campaigns in the middle."""

    def turn_inbox(self) -> None:
        """One of them is another one from now on."""
        fleet: CampaignFleet = self._world
        inbox = self._random.choice(fleet.inboxes)
        if fleet.is_bad(inbox):
            fleet.mend(inbox)
        else:
            fleet.spoil(inbox, self._random.choice(list(TURNS)))

    def halt_campaign(self) -> None:
        """One of them is paused, which takes back what waits, and goes on a moment later."""
        campaign = self._random.choice(self._world.campaigns)
        self._world.become(pause, campaign)
        self._wait(self._pause)
        self._world.become(resume, campaign)


def campaign_storm(fleet: CampaignFleet, nemesis: Nemesis, *, strikes: int) -> None:
    """Batches are asked for while the nemesis strikes; then all inboxes are good, and everybody has to be served."""
    while nemesis.strikes.total() < strikes:
        fleet.ask()
        until = nemesis.strikes.total() + 3
        nemesis.rage(until=lambda until=until: nemesis.strikes.total() >= until)
    fleet.sink.whim = calm
    fleet.finish()
