"""What the audit log knows of, each with the words that follow the person's name."""

from enum import StrEnum


class Action(StrEnum):
    """Something that a person, or NimbusOS by itself, did."""

    WORKSPACE_MADE = "workspace_made"
    WORKSPACE_CHANGED = "workspace_changed"
    ACCOUNT_LIMIT_SET = "account_limit_set"

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an action's name
    IDENTITY_CONFIRMED = "identity_confirmed"

    MEMBER_INVITED = "member_invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    MEMBER_JOINED = "member_joined"
    ROLE_CHANGED = "role_changed"
    MEMBER_REMOVED = "member_removed"

    ACCOUNT_CONNECTED = "account_connected"
    ACCOUNT_RECONNECTED = "account_reconnected"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_REMOVED = "account_removed"

    ROTATION_ASKED = "rotation_asked"
    ROTATION_FINISHED = "rotation_finished"
    ROTATION_SCHEDULE_CHANGED = "rotation_schedule_changed"
    INSTANCE_KEY_ROTATED = "instance_key_rotated"

    AUDIT_EXPORTED = "audit_exported"
    PLACE_CONFIRMED = "place_confirmed"
    ACCESS_REFUSED = "access_refused"


WORDS: dict[Action, str] = {
    Action.WORKSPACE_MADE: "made the workspace",
    Action.WORKSPACE_CHANGED: "changed the workspace",
    Action.ACCOUNT_LIMIT_SET: "set the limit of inboxes",
    Action.SIGNED_IN: "signed in",
    Action.SIGN_IN_FAILED: "could not sign in: wrong password",
    Action.SIGNED_OUT: "signed out",
    Action.SESSION_ENDED: "ended a session",
    Action.PASSWORD_CHANGED: "changed the password",
    Action.IDENTITY_CONFIRMED: "confirmed the password",
    Action.MEMBER_INVITED: "invited",
    Action.INVITATION_WITHDRAWN: "withdrew the invitation of",
    Action.MEMBER_JOINED: "joined",
    Action.ROLE_CHANGED: "changed the role of",
    Action.MEMBER_REMOVED: "removed",
    Action.ACCOUNT_CONNECTED: "connected",
    Action.ACCOUNT_RECONNECTED: "reconnected",
    Action.ACCOUNT_CHANGED: "changed",
    Action.ACCOUNT_REMOVED: "removed the inbox",
    Action.ROTATION_ASKED: "asked for a new key",
    Action.ROTATION_FINISHED: "finished the rotation to a new key",
    Action.ROTATION_SCHEDULE_CHANGED: "changed how often keys rotate",
    Action.INSTANCE_KEY_ROTATED: "replaced the instance key",
    Action.AUDIT_EXPORTED: "exported the audit log",
    Action.PLACE_CONFIRMED: "confirmed this installation as the live one",
    Action.ACCESS_REFUSED: "was refused",
}
