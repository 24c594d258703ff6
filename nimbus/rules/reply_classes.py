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
