"""The fleet in every state that an inbox can be in, and messages in every state of theirs.

Where the practice world can bring a state about, it does, so that what the page says is also true.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from sqlalchemy.orm import Session

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.models import (
    EmailAccountHealth,
    EventTone,
    InboxDay,
    InboxHealthState,
    InboxMailDay,
    InboxMailHour,
    MailServer,
)
from nimbus.providers import oauth
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.outcomes import Stream
from nimbus.rules.providers import ConnectionState, Provider
from nimbus.rules.send_state import SendKind
from nimbus.rules.stage_gates import GATES
from nimbus.sandbox.fleet import FLEET, PROSPECTS, UNKNOWN
from nimbus.sandbox.seed_domains import judge_domains
from nimbus.sandbox.seed_grants import Ended, SignedIn, lose_grant
from nimbus.services.account_log import record
from nimbus.services.asker import Asker
from nimbus.services.cool_down import cool_until
from nimbus.services.provider_apps import current_hosts
from nimbus.services.queue_send import queue_send
from nimbus.services.review_inboxes import review_inboxes
from nimbus.services.update_account import change_limit, change_priority, restrict, switch_rotation

_TIMEZONE = "UTC"  # the one that create_user gives a workspace
_STAGES = (3, 4, 5, 5, 3, 4, 2, 5, 1, 4, 3, 0)
_CHANGED = {"password": "changed by its owner"}
_GONE = "400 invalid_grant: Token has been expired or revoked."
_WITHDRAWN = Ended(GrantEnding.REVOKED, lasted=timedelta(days=40), ago=timedelta(days=2, hours=3), line=_GONE)
# What Google does to every sign-in of an app in testing.
_A_WEEK = Ended(GrantEnding.REVOKED, lasted=timedelta(days=7, minutes=40), ago=timedelta(hours=5), line=_GONE)
_SECOND_FACTOR = Ended(
    GrantEnding.INTERACTION,
    lasted=timedelta(days=18),
    ago=timedelta(hours=20),
    line="400 interaction_required: AADSTS50076",
    code="50076",
)
_BOUNCES = (0, 1, 0, 2, 1, 0, 6, 0, 1, 0, 1)


@dataclass(frozen=True)
class Agency:
    """The workspace that is furnished: who asks, the accounts' ids by address, the world's control page, the sign-ins."""

    asker: Asker
    ids: Mapping[str, int]
    control: Callable[..., None]
    signed_in: Mapping[str, SignedIn]

    def of(self, domain: str) -> list[str]:
        """The addresses of a domain, in order."""
        return [address for address in self.ids if address.endswith(f"@{domain}")]


def show_states(agency: Agency) -> None:
    """Bring the fleet into all its states, and write its first messages."""
    with transaction() as session:
        _grow_up(session, agency)
        _lose_sign_ins(session, agency)
        _break_mail(session, agency)
        _hold_back(session, agency)
    _choose(agency)
    judge_domains(agency.asker, agency.control)
    review_inboxes(agency.asker.workspace_id)
    with transaction() as session:
        _write(session, agency)


def _account(session: Session, agency: Agency, address: str) -> EmailAccountHealth:
    return session.get_one(EmailAccountHealth, agency.ids[address])


def _grow_up(session: Session, agency: Agency) -> None:
    """Inboxes of different ages: stages, and the mail of two weeks that scores and rates are read from."""
    for account_id, stage, bounces in zip(agency.ids.values(), cycle(_STAGES), cycle(_BOUNCES), strict=False):
        session.get_one(EmailAccountHealth, account_id).current_stage = stage
        if stage:
            _remember(session, agency.asker.workspace_id, account_id, stage=stage, bounces=bounces)


def _remember(session: Session, workspace_id: int, account_id: int, *, stage: int, bounces: int) -> None:
    """Two weeks of mail, of which some came back yesterday, counted as if it had been heard of."""
    of = {"workspace_id": workspace_id, "account_id": account_id}
    for days in range(1, 15):
        noon = now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days)
        campaign = {"stream": Stream.PRODUCTION, "sent": 6 * stage, "failed": bounces if days == 1 else 0}
        warmup = {"stream": Stream.WARMUP, "sent": 8, "in_inbox": 8 - bounces // 2, "in_spam": bounces // 2}
        for counts in (campaign, warmup):
            session.add(InboxMailDay(**of, day=noon.date(), **counts))
            session.add(InboxMailHour(**of, hour=noon, **counts))
    session.add(InboxHealthState(**of, warmup_sends=GATES[stage].sends + 12, last_mail_at=now()))


def _lose_sign_ins(session: Session, agency: Agency) -> None:
    withdrawn, tested = agency.of("brightline.test")[3], agency.of("trybrightline.test")[4]
    for address, ended in ((withdrawn, _WITHDRAWN), (tested, _A_WEEK)):
        oauth.revoke(current_hosts(), Provider.GMAIL, agency.signed_in[address].tokens.access)
        lose_grant(session, _account(session, agency, address), ended)
    asked = agency.of("harborlegal.test")[2]
    agency.control(f"/mailboxes/{asked}/faults", name="mfa")
    lose_grant(session, _account(session, agency, asked), _SECOND_FACTOR)
    suspended = agency.of("cedarworks.test")[1]
    agency.control(f"/mailboxes/{suspended}/faults", name="forbidden", reason="accountSuspended")
    account = _account(session, agency, suspended)
    account.connection_state = ConnectionState.SUSPENDED
    record(session, account, "suspended", "The provider suspended this mailbox", tone=EventTone.BAD)


def _break_mail(session: Session, agency: Agency) -> None:
    """A password that was changed, a server that does not answer, and replies that cannot be read."""
    changed, silent, unread = agency.of("olivepress.test")[1:4]
    agency.control(f"/mailboxes/{changed}/facts", **_CHANGED)
    for address, leg, code, state in (
        (changed, Leg.SMTP, FailureCode.AUTH_FAILED, ConnectionState.AUTH_FAILED),
        (silent, Leg.SMTP, FailureCode.TIMEOUT, ConnectionState.DISCONNECTED),
        (unread, Leg.IMAP, FailureCode.FOLDER, ConnectionState.OK),
    ):
        server = session.get_one(MailServer, (agency.ids[address], str(leg)))
        server.failure_code = code
        account = _account(session, agency, address)
        account.connection_state = state
        record(session, account, "test_failed", "Connection test failed", tone=EventTone.BAD)


def _hold_back(session: Session, agency: Agency) -> None:
    """A day that is used up."""
    workspace_id = agency.asker.workspace_id
    used_up = _account(session, agency, agency.of("getbrightline.test")[2])
    today = local_day(now(), _TIMEZONE)
    for account_id in agency.ids.values():
        sent = used_up.daily_send_limit if account_id == used_up.id else account_id * 7 % 17
        session.add(InboxDay(workspace_id=workspace_id, account_id=account_id, day=today, sent=sent))


def _choose(agency: Agency) -> None:
    """What a person has decided about some of them."""
    asker, ids = agency.asker, agency.ids
    cool_until(asker, ids[agency.of("trynorthwind.test")[0]], now() + timedelta(hours=20))
    switch_rotation(asker, ids[agency.of("trybrightline.test")[1]], is_active=False)
    restrict(asker, ids[agency.of("cedarworks-team.test")[0]], Restriction.NURTURE)
    restrict(asker, ids[agency.of("cedarworks-team.test")[1]], Restriction.COLD_OUTREACH)
    change_limit(asker, ids[agency.of("northwindlabs.test")[0]], 120, seen=None)
    change_limit(asker, ids[agency.of("olivepress-post.test")[4]], 5, seen=None)
    change_priority(asker, ids[agency.of("northwindlabs.test")[0]], 10)


def _write(session: Session, agency: Agency) -> None:
    """Messages that leave as soon as the product runs, and some that cannot."""
    google, microsoft = agency.of("brightline.test"), agency.of("northwindlabs.test")
    mail = agency.of("olivepress-post.test")
    senders = cycle((google[0], microsoft[1], mail[0], google[1], microsoft[2]))
    for number, prospect in enumerate(PROSPECTS):
        _queue(session, agency, next(senders), to=prospect.address, key=f"prospect {number}")
    agency.control(f"/mailboxes/{mail[2]}/faults", name="cut_after_acceptance", times=1)
    agency.control(f"/mailboxes/{mail[3]}/faults", name="throttled")
    agency.control(f"/mailboxes/{google[4]}/faults", name="daily_cap", hours=8)
    agency.control(f"/mailboxes/{microsoft[4]}/faults", name="throttled", retry_after=20 * 60)
    for sender, to in (
        (mail[1], UNKNOWN[0]),  # refused at once, and never asked again
        (google[2], UNKNOWN[1]),  # accepted, and comes back
        (mail[2], "sara@prospects.test"),  # in doubt
        (mail[3], "sara@prospects.test"),  # later
        (google[3], "sara@prospects.test"),  # nobody is signed in there
        (google[4], "sara@prospects.test"),  # as much as Google lets it send in a day
        (microsoft[4], "sara@prospects.test"),  # Microsoft asks for patience
    ):
        _queue(session, agency, sender, to=to, key=f"{sender} {to}")
    tomorrow = now() + timedelta(days=1)
    _queue(session, agency, microsoft[3], to="ines@prospects.test", key="tomorrow", due_at=tomorrow)


def _queue(
    session: Session, agency: Agency, sender: str, *, to: str, key: str, due_at: datetime | None = None
) -> None:
    name = next(member.name for member in FLEET if member.address == sender)
    queue_send(
        session,
        workspace_id=agency.asker.workspace_id,
        account_id=agency.ids[sender],
        kind=SendKind.MANUAL,
        recipient=to,
        subject="A rehearsal of our first message",
        body=f"Hello,\n\nthis message takes part in a rehearsal.\n\n{name}\n",
        key=key[:64],
        asked_by=agency.asker.user_id,
        due_at=due_at,
    )
