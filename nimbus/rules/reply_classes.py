"""What an answer can be, and which answers end a sequence (`deliverability.md` 11)."""

from enum import StrEnum


class ReplyClass(StrEnum):
    """What was heard back from a contact."""

    INTERESTED = "interested"
    NOT_NOW = "not_now"
    NOT_INTERESTED = "not_interested"
    WRONG_PERSON = "wrong_person"
    OUT_OF_OFFICE = "out_of_office"
    UNSUBSCRIBE = "unsubscribe"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    OTHER = "other"  # of a person, and of no other class


BY_A_MACHINE = frozenset({ReplyClass.OUT_OF_OFFICE, ReplyClass.AUTO_REPLY})
# Answers of a person that end a sequence, and nothing more: among themselves they differ for people only.
ANSWERS = frozenset(
    {
        ReplyClass.INTERESTED,
        ReplyClass.NOT_NOW,
        ReplyClass.NOT_INTERESTED,
        ReplyClass.WRONG_PERSON,
        ReplyClass.OTHER,
    }
)
WORDS: dict[ReplyClass, str] = {
    ReplyClass.INTERESTED: "Interested",
    ReplyClass.NOT_NOW: "Not now",
    ReplyClass.NOT_INTERESTED: "Not interested",
    ReplyClass.WRONG_PERSON: "Wrong person",
    ReplyClass.OUT_OF_OFFICE: "Out of office",
    ReplyClass.UNSUBSCRIBE: "Unsubscribe",
    ReplyClass.COMPLAINT: "Complaint",
    ReplyClass.AUTO_REPLY: "Automatic",
    ReplyClass.BOUNCE: "Bounce",
    ReplyClass.OTHER: "Other answer",
}


def does_the_same(one: ReplyClass, other: ReplyClass) -> bool:
    """Whether two classes change the same about a contact and an inbox."""
    return one is other or {one, other} <= ANSWERS
