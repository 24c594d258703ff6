"""What the audit log knows of, each with the words that follow the person's name."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """Something that a person, or NimbusOS by itself, did."""

    WORKSPACE_MADE = "workspace_made"
    WORKSPACE_OPENED = "workspace_opened"
    WORKSPACE_CHANGED = "workspace_changed"
    ACCOUNT_LIMIT_SET = "account_limit_set"

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an action's name
    IDENTITY_CONFIRMED = "identity_confirmed"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - as above
    NAME_CHANGED = "name_changed"

    MEMBER_INVITED = "member_invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    MEMBER_JOINED = "member_joined"
    MEMBER_ADDED = "member_added"
    ROLE_CHANGED = "role_changed"
    MEMBER_REMOVED = "member_removed"
    MEMBER_LEFT = "member_left"

    ACCOUNT_CONNECTED = "account_connected"
    ACCOUNT_RECONNECTED = "account_reconnected"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_REMOVED = "account_removed"
    SYNC_ASKED = "sync_asked"

    APP_CHANGED = "app_changed"
    APP_REMOVED = "app_removed"

    MESSAGE_WRITTEN = "message_written"
    MESSAGE_DECIDED = "message_decided"
    MESSAGE_SENT_AGAIN = "message_sent_again"
    MESSAGE_MOVED = "message_moved"
    REPLY_CORRECTED = "reply_corrected"

    CONTACTS_IMPORTED = "contacts_imported"
    CONTACT_CHANGED = "contact_changed"
    CONTACT_ERASED = "contact_erased"
    BOOK_REMOVED = "book_removed"
    ADDRESS_SUPPRESSED = "address_suppressed"
    SUPPRESSION_LIFTED = "suppression_lifted"

    CAMPAIGN_MADE = "campaign_made"
    CAMPAIGN_CHANGED = "campaign_changed"
    CAMPAIGN_LAUNCHED = "campaign_launched"
    CAMPAIGN_PAUSED = "campaign_paused"
    CAMPAIGN_RESUMED = "campaign_resumed"
    CAMPAIGN_FINISHED = "campaign_finished"
    CAMPAIGN_REMOVED = "campaign_removed"
    BATCH_ASKED = "batch_asked"

    ROTATION_ASKED = "rotation_asked"
    ROTATION_FINISHED = "rotation_finished"
    ROTATION_SCHEDULE_CHANGED = "rotation_schedule_changed"
    INSTANCE_KEY_ROTATED = "instance_key_rotated"

    DOMAIN_CHECK_ASKED = "domain_check_asked"
    DOMAIN_CHECKS_ASKED = "domain_checks_asked"
    DOMAIN_RESUMED = "domain_resumed"
    DOMAIN_PAUSE_RESTORED = "domain_pause_restored"

    AUDIT_EXPORTED = "audit_exported"
    PLACE_CONFIRMED = "place_confirmed"
    RESTORED = "restored"
    ACCESS_REFUSED = "access_refused"


WORDS: dict[Action, str] = {
    Action.WORKSPACE_MADE: "made the workspace",
    Action.WORKSPACE_OPENED: "switched to the workspace",
    Action.WORKSPACE_CHANGED: "changed the workspace",
    Action.ACCOUNT_LIMIT_SET: "set the limit of inboxes",
    Action.SIGNED_IN: "signed in",
    Action.SIGN_IN_FAILED: "could not sign in: wrong password",
    Action.SIGNED_OUT: "signed out",
    Action.SESSION_ENDED: "ended a session",
    Action.PASSWORD_CHANGED: "changed the password",
    Action.IDENTITY_CONFIRMED: "confirmed the password",
    Action.WRONG_PASSWORD: "typed a wrong password while signed in",
    Action.NAME_CHANGED: "changed their own name",
    Action.MEMBER_INVITED: "invited",
    Action.INVITATION_WITHDRAWN: "withdrew the invitation of",
    Action.MEMBER_JOINED: "joined",
    Action.MEMBER_ADDED: "added",
    Action.ROLE_CHANGED: "changed the role of",
    Action.MEMBER_REMOVED: "removed",
    Action.MEMBER_LEFT: "left the workspace",
    Action.ACCOUNT_CONNECTED: "connected",
    Action.ACCOUNT_RECONNECTED: "reconnected",
    Action.ACCOUNT_CHANGED: "changed",
    Action.ACCOUNT_REMOVED: "removed the inbox",
    Action.SYNC_ASKED: "asked to have the mail read of",
    Action.APP_CHANGED: "changed the sign-in app for",
    Action.APP_REMOVED: "removed the sign-in app for",
    Action.MESSAGE_WRITTEN: "wrote a message from",
    Action.MESSAGE_DECIDED: "decided about a message from",
    Action.MESSAGE_SENT_AGAIN: "sent a message again from",
    Action.MESSAGE_MOVED: "moved a message from",
    Action.REPLY_CORRECTED: "corrected what an answer is that came to",
    Action.CONTACTS_IMPORTED: "imported contacts into",
    Action.CONTACT_CHANGED: "changed the contact",
    Action.CONTACT_ERASED: "erased a contact",
    Action.BOOK_REMOVED: "removed the address book",
    Action.ADDRESS_SUPPRESSED: "put an address on the suppression list:",
    Action.SUPPRESSION_LIFTED: "took an address off the suppression list:",
    Action.CAMPAIGN_MADE: "made the campaign",
    Action.CAMPAIGN_CHANGED: "changed the campaign",
    Action.CAMPAIGN_LAUNCHED: "launched the campaign",
    Action.CAMPAIGN_PAUSED: "paused the campaign",
    Action.CAMPAIGN_RESUMED: "resumed the campaign",
    Action.CAMPAIGN_FINISHED: "ended the campaign",
    Action.CAMPAIGN_REMOVED: "removed the campaign",
    Action.BATCH_ASKED: "asked for the next batch of the campaign",
    Action.CAMPAIGN_CHANGED: "changed the campaign",
    Action.ROTATION_ASKED: "asked for a new key",
    Action.ROTATION_FINISHED: "finished the rotation to a new key",
    Action.ROTATION_SCHEDULE_CHANGED: "changed how often keys rotate",
    Action.INSTANCE_KEY_ROTATED: "replaced the instance key",
    Action.DOMAIN_CHECK_ASKED: "asked for a check of the domain",
    Action.DOMAIN_CHECKS_ASKED: "asked for a check of all sending domains",
    Action.DOMAIN_RESUMED: "set aside the pause of the domain",
    Action.DOMAIN_PAUSE_RESTORED: "restored the pause of the domain",
    Action.AUDIT_EXPORTED: "exported the audit log",
    Action.PLACE_CONFIRMED: "confirmed this installation as the live one",
    Action.RESTORED: "restored the database from a backup",
    Action.ACCESS_REFUSED: "was refused",
}


def plain(text: str) -> str:
    """The text on one line, without characters that cannot be seen: nothing that was typed forges or turns a line."""
    return "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)


def worded_details(details: Mapping[str, Any]) -> list[str]:
    """What a line of the log adds, for people: “Daily limit: from 20 to 35”."""
    return [
        plain(f"{name.replace('_', ' ').capitalize()}: {_in_words(value)}") for name, value in details.items()
    ]


def _in_words(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    return str(value)
