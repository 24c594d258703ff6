"""What a message that came in is: one class each, decided in a fixed order, with what was seen (`deliverability.md` 11).

Whatever a message says is the claim of a stranger. So it is classified by what it says, and counts only by what is known
here: that it is about a message which was sent from here, to the one that it names, not long ago.
"""

from datetime import timedelta

from nimbus.rules.auto_replies import AutoKind, automatic
from nimbus.rules.away_dates import back_on
from nimbus.rules.bounce_category import judged
from nimbus.rules.human_replies import read_reply
from nimbus.rules.mail_verdict import Bounced, Fact, MailKind, Matched, NamedBy, Verdict, shown
from nimbus.rules.parsed_mail import FeedbackReport, ParsedMail
from nimbus.rules.reply_classes import ReplyClass

BOUNCES_WITHIN = timedelta(days=14)  # `reliability.md` 3, row 8
COMPLAINS_WITHIN = timedelta(days=30)  # people look into old mail; a provider keeps what it saw about as long
_CLOCKS_DIFFER = timedelta(hours=1)
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "complaint", "spam"})
_OPT_OUTS = frozenset({"opt-out", "opt-out-list", "unsubscribe"})
_NO_FAILURES = frozenset({"delivered", "relayed", "expanded"})


def classify(mail: ParsedMail, matched: Matched) -> Verdict:
    """The verdict about a message; `matched` is what was found here that belongs to it."""
    if matched.own is not None:
        return Verdict(
            kind=matched.own, reply_class=None, rule="own mail", facts=(Fact("From", mail.author),)
        )
    if matched.asks_to_stop:
        return _opt_out(matched)
    if mail.feedback is not None:
        return _complaint(mail, mail.feedback, matched)
    if mail.delivery is not None and any(each.action not in _NO_FAILURES for each in mail.delivery.failures):
        return _bounce(mail, matched)
    return _auto_reply(mail, matched) or _reply(mail, matched)


def is_about_ours(matched: Matched, within: timedelta) -> Fact | None:
    """Why a report may count: what it names was sent from here, that long before at most. None: it changes nothing."""
    sent = matched.sent
    if sent is None or sent.named_by is NamedBy.ADDRESS:
        return None
    if not sent.sent_at - _CLOCKS_DIFFER <= matched.received_at <= sent.sent_at + within:
        return None
    return Fact("Matched by", _NAMED[sent.named_by])


_NAMED = {
    NamedBy.MESSAGE_ID: "the Message-ID of a message sent from here",
    NamedBy.TOKEN: "the token of a message sent from here",
    NamedBy.ADDRESS: "the address that a message was sent to",
}


def _complaint(mail: ParsedMail, report: FeedbackReport, matched: Matched) -> Verdict:
    about = is_about_ours(matched, COMPLAINS_WITHIN)
    facts = shown(
        (
            Fact("Feedback-Type", report.feedback_type),
            Fact("Reporter", report.user_agent or mail.author),
            *_maybe(about),
        )
    )
    kind, reply_class = MailKind.AUTO_REPLY, ReplyClass.AUTO_REPLY  # not-spam, auth-failure: nobody complains
    if report.feedback_type in _COMPLAINTS:
        kind, reply_class = MailKind.COMPLAINT, ReplyClass.COMPLAINT
    elif report.feedback_type in _OPT_OUTS:
        reply_class = ReplyClass.UNSUBSCRIBE
    return Verdict(
        kind=kind,
        reply_class=reply_class,
        rule="feedback report",
        facts=facts,
        counts=about is not None and reply_class is not ReplyClass.AUTO_REPLY,
    )


def _opt_out(matched: Matched) -> Verdict:
    """What the link of a List-Unsubscribe header wrote, by whatever program; its token proves to whom we wrote."""
    return Verdict(
        kind=MailKind.REPLY,
        reply_class=ReplyClass.UNSUBSCRIBE,
        rule="unsubscribe by mail",
        facts=(Fact("Subject", "unsubscribe"), *_maybe(_answered(matched))),
        counts=matched.sent is not None,
    )


def _bounce(mail: ParsedMail, matched: Matched) -> Verdict:
    assert mail.delivery is not None
    failed = [judged(each) for each in mail.delivery.failures if each.action not in _NO_FAILURES]
    meant = _meant(failed, matched)
    about = is_about_ours(matched, BOUNCES_WITHIN) if meant else None
    bounced = tuple(sorted(failed, key=lambda each: each is not meant))
    facts = shown(
        (
            Fact("Found by", mail.delivery.found_by),
            Fact("Recipient", bounced[0].recipient if bounced else ""),
            Fact("Status", bounced[0].status if bounced else ""),
            Fact("Answer", bounced[0].answer if bounced else ""),
            Fact("Decided by", bounced[0].decided_by if bounced else ""),
            *_maybe(about),
        )
    )
    rule = "delivery report" if mail.delivery.is_standard else "words of a bounce"
    return Verdict(
        kind=MailKind.BOUNCE,
        reply_class=ReplyClass.BOUNCE,
        rule=rule,
        facts=facts,
        counts=about is not None,
        bounced=bounced,
    )


def _meant(failed: list[Bounced], matched: Matched) -> Bounced | None:
    """Which of the recipients is the one that our message was for.

    A single one also counts under another address: mail is forwarded. Of several, one has to be the one.
    """
    if matched.sent is None:
        return None
    ours = matched.sent.recipient.lower()
    same = (each for each in failed if ours in {each.recipient, each.final_recipient})
    return next(same, failed[0] if len(failed) == 1 else None)


def _auto_reply(mail: ParsedMail, matched: Matched) -> Verdict | None:
    found = automatic(mail)
    if found is None:
        return None
    about = _answered(matched)
    returns = None
    if found.kind is AutoKind.AWAY:
        returns = back_on(f"{mail.subject}\n{mail.reply_text or mail.text}", matched.received_at.date())
    is_away = found.kind is AutoKind.AWAY
    back = (Fact("Back on", returns.isoformat()),) if returns else ()
    return Verdict(
        kind=MailKind.AUTO_REPLY,
        reply_class=ReplyClass.OUT_OF_OFFICE if is_away else ReplyClass.AUTO_REPLY,
        rule=f"automatic: {found.kind}",
        facts=shown((found.fact, *back, *_maybe(about))),
        counts=about is not None,
        back_on=returns,
        has_left=found.kind is AutoKind.LEFT,
    )


def _reply(mail: ParsedMail, matched: Matched) -> Verdict:
    """What a person wrote. Without a thread of ours it is nobody's reply, but what it says is read all the same.

    Not even an opt-out counts then: anybody can write in the name of a contact. A person is shown it and decides.
    """
    read = read_reply(mail.subject, mail.reply_text)
    about = _answered(matched)
    return Verdict(
        kind=MailKind.UNMATCHED if about is None else MailKind.REPLY,
        reply_class=read.reply_class,
        rule=f"words of a person: {read.reply_class}",
        facts=shown((read.fact, *_maybe(about))),
        counts=about is not None,
        confidence=read.confidence,
    )


def _answered(matched: Matched) -> Fact | None:
    sent = matched.sent
    if (
        sent is None
        or sent.named_by is NamedBy.ADDRESS
        or matched.received_at < sent.sent_at - _CLOCKS_DIFFER
    ):
        return None
    return Fact("Matched by", _NAMED[sent.named_by])


def _maybe(fact: Fact | None) -> tuple[Fact, ...]:
    return () if fact is None else (fact,)
