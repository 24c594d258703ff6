"""The facts of one inbox, in the words of the rules, from what was read of its fleet."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from nimbus.rules.health_facts import HealthFacts, Streams
from nimbus.rules.limit_ramp import LimitMode
from nimbus.rules.mailbox_kinds import MailboxKind, mailbox_kind
from nimbus.rules.outside_signals import NotKnown, Postmaster
from nimbus.rules.placement import Placement
from nimbus.rules.providers import ConnectionState, Provider
from nimbus.rules.rates import Tally
from nimbus.rules.score_caps import DomainFacts
from nimbus.rules.stage_gates import Unseen
from nimbus.services.health_reads import Looked

_CONSUMERS = frozenset({MailboxKind.CONSUMER_GMAIL, MailboxKind.CONSUMER_OUTLOOK})
_NO_MAIL = Streams(Tally(), Tally())


def facts_of(row: Any, looked: Looked, *, moment: datetime, today: date) -> HealthFacts:
    """What a look at an inbox takes in; `row` is its account with its domain and its memory."""
    kind = mailbox_kind(Provider(row.provider), row.domain)
    week, judged, placed = looked.weeks.get(row.id, (_NO_MAIL, _NO_MAIL, Placement()))
    of_domain = NotKnown.NOT_APPLICABLE if kind in _CONSUMERS else NotKnown.NOT_CONNECTED
    has_own_address = kind is MailboxKind.CUSTOM_SMTP
    return HealthFacts(
        now=moment,
        today=today,
        kind=kind,
        connection_state=ConnectionState(row.connection_state),
        domain=_domain(row, kind),
        limit_mode=LimitMode(row.limit_mode),
        is_warmup_off=row.warmup_off_at is not None,
        week=week,
        judged=judged,
        days=looked.days.get(row.id, ()),
        attempts=[each.attempt for each in looked.recent.get(row.id, ())],
        warmup_sends=row.warmup_sends or 0,
        placement=seen_placement(kind, placed),
        postmaster=_postmaster(of_domain, looked.spam.get(row.domain_id, {})),
        snds=NotKnown.NOT_CONNECTED if has_own_address else NotKnown.NOT_APPLICABLE,
        yahoo=of_domain,
        last_mail_at=row.last_mail_at,
        yesterday=looked.yesterdays.get(row.id),
        said_fixed=_was_said_fixed(row),
        complaints_on_probation=looked.complaints.get(row.id, 0),
    )


def seen_placement(kind: MailboxKind, placed: Placement) -> Placement | Unseen:
    """Where warmup mail of this kind of inbox landed, as far as that can be observed at all."""
    return Unseen() if kind is MailboxKind.REACHINBOX else placed


def _postmaster(unknown: NotKnown, rates: Mapping[date, float]) -> Postmaster | NotKnown:
    """The newest day that was reported of the domain: all its inboxes share that reputation."""
    if unknown is NotKnown.NOT_APPLICABLE or not rates:
        return unknown
    return Postmaster(day=max(rates), spam_rate=rates[max(rates)])


def _domain(row: Any, kind: MailboxKind) -> DomainFacts:
    if row.is_public_provider or kind in _CONSUMERS:
        return DomainFacts(
            score=NotKnown.NOT_APPLICABLE,
            pause_reason=row.pause_reason,
            listed_on=row.server_listed_on,
            server_pause_reason=row.server_pause_reason,
        )
    return DomainFacts(
        score=NotKnown.NO_DATA if row.domain_score is None else row.domain_score,
        pause_reason=row.pause_reason,
        listed_on=row.listed_on or row.server_listed_on,
        has_both=row.has_both,
        has_dmarc=row.has_dmarc,
        server_pause_reason=row.server_pause_reason,
    )


def _was_said_fixed(row: Any) -> bool:
    """Whether an owner has said so since the present hold began."""
    return (
        row.said_fixed_at is not None and row.hold_since is not None and row.said_fixed_at >= row.hold_since
    )
