"""Why an address gets no more mail, in words, and who may take that back."""

from enum import StrEnum

from nimbus.rules.roles import Permission


class SuppressionReason(StrEnum):
    """What brought an address to the list."""

    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    OPT_OUT = "opt_out"
    MANUAL = "manual"


WORDS: dict[SuppressionReason, str] = {
    SuppressionReason.HARD_BOUNCE: "Bounced",
    SuppressionReason.COMPLAINT: "Complained",
    SuppressionReason.OPT_OUT: "Unsubscribed",
    SuppressionReason.MANUAL: "Suppressed",
}
MEANINGS: dict[SuppressionReason, str] = {
    SuppressionReason.HARD_BOUNCE: "A server said that this mailbox does not exist.",
    SuppressionReason.COMPLAINT: "This person reported a message as spam.",
    SuppressionReason.OPT_OUT: "This person asked for no more mail.",
    SuppressionReason.MANUAL: "Somebody of this workspace put it on the list.",
}
# What a person said about mail to themselves is not for others to take back.
_MAY_LIFT: dict[SuppressionReason, Permission | None] = {
    SuppressionReason.HARD_BOUNCE: Permission.OVERRULE,
    SuppressionReason.COMPLAINT: None,
    SuppressionReason.OPT_OUT: None,
    SuppressionReason.MANUAL: Permission.OPERATE,
}


def needed_to_lift(reason: SuppressionReason) -> Permission | None:
    """What somebody must be allowed to do to take an address off the list; None: nobody may."""
    return _MAY_LIFT[reason]
