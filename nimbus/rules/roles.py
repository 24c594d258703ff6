"""What each role may do in a workspace."""

from enum import StrEnum


class Role(StrEnum):
    """A person's part in a workspace, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a page or a button asks for."""

    READ = "read"  # every page of the workspace, and one's own settings
    OPERATE = "operate"  # connect, test, change and remove accounts
    OVERRULE = "overrule"  # move an inbox's stage, end its cooldown, keep it out of warmup
    ANSWER = "answer"  # say that a cause is fixed, that complaints were looked at, that a mailbox is warm
    MANAGE_MEMBERS = "manage_members"  # invite, change roles, remove people, read the audit log
    MANAGE_WORKSPACE = "manage_workspace"  # name, time zone, rotation of keys


_MAY: dict[Permission, frozenset[Role]] = {
    Permission.READ: frozenset(Role),
    Permission.OPERATE: frozenset({Role.OWNER, Role.ADMIN, Role.OPERATOR}),
    Permission.OVERRULE: frozenset({Role.OWNER, Role.ADMIN}),
    Permission.ANSWER: frozenset({Role.OWNER}),
    Permission.MANAGE_MEMBERS: frozenset({Role.OWNER, Role.ADMIN}),
    Permission.MANAGE_WORKSPACE: frozenset({Role.OWNER}),
}
MEANINGS: dict[Role, str] = {
    Role.OWNER: "Does everything, also with the workspace's keys, its settings and its other owners.",
    Role.ADMIN: "Runs inboxes and the team. Leaves owners, keys and the workspace itself alone.",
    Role.OPERATOR: "Connects, tests, changes and removes inboxes, and writes messages.",
    Role.VIEWER: "Sees the inboxes and changes nothing.",
}
_WHO = {
    Permission.READ: "Every member of this workspace",
    Permission.OPERATE: "Owners, admins and operators",
    Permission.OVERRULE: "Owners and admins",
    Permission.ANSWER: "Owners",
    Permission.MANAGE_MEMBERS: "Owners and admins",
    Permission.MANAGE_WORKSPACE: "Owners",
}


def may(role: Role, permission: Permission) -> bool:
    """Whether a role is enough for something."""
    return role in _MAY[permission]


def who_may(permission: Permission) -> str:
    """The people who can, as the subject of a sentence: “Owners and admins”."""
    return _WHO[permission]


def may_assign(actor: Role, before: Role | None, after: Role | None) -> bool:
    """Whether somebody may turn one role into another; None stands for not being a member.

    Admins manage everybody but owners: only an owner makes or unmakes one.
    """
    if not may(actor, Permission.MANAGE_MEMBERS):
        return False
    return actor == Role.OWNER or Role.OWNER not in (before, after)


def assignable(actor: Role, before: Role | None) -> list[Role]:
    """The roles that somebody may give a person who has `before` now, from most to least."""
    return [role for role in Role if may_assign(actor, before, role)]


def who_may_assign(before: Role | None, after: Role | None) -> str:
    """The people who may turn one role into another, as the subject of a sentence."""
    return _WHO[Permission.MANAGE_WORKSPACE if Role.OWNER in (before, after) else Permission.MANAGE_MEMBERS]
