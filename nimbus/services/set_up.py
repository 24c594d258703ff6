"""The first start: a one-time code, then the workspace and its owner."""

import hmac
import secrets
from hashlib import sha256

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import InstanceFact, Role, User, Workspace
from nimbus.models.instance import SETUP_CODE_HASH
from nimbus.rules.audit import Action
from nimbus.security.passwords import hash_password
from nimbus.security.workspace_keys import create_workspace_key
from nimbus.services.audit import Doer, Object, record
from nimbus.services.live_place import confirm_first
from nimbus.services.team import AlreadyMember, add_member

_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that reads as something else


class WrongSetupCode(NimbusError):
    """The code is not the one that the terminal shows."""


class AddressTaken(NimbusError):
    """A person with this address exists already."""


class FirstPersonOwns(NimbusError):
    """A workspace that is only now made was to begin with somebody who does not own it."""


def is_set_up() -> bool:
    """Whether anybody can sign in yet."""
    return db.session.scalar(sa.select(sa.exists().select_from(User))) or False


def new_setup_code() -> str | None:
    """A fresh one-time code for /setup, replacing any earlier one. None once somebody can sign in."""
    if is_set_up():
        return None
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    with transaction() as session:
        session.merge(InstanceFact(name=SETUP_CODE_HASH, value=_hash(code)))
    return code


def set_up(
    *, code: str, workspace: str, name: str, email: str, password: str, timezone: str, address: str = ""
) -> tuple[int, int]:
    """Make the first workspace and its owner; returns their ids. The code works once.

    `address` is that of the person's browser.
    Raises WrongSetupCode when the code is not the current one, or was used by somebody else a moment ago.
    """
    password_hash = hash_password(password)
    with transaction() as session:
        stored = session.get(InstanceFact, SETUP_CODE_HASH)
        if stored is None or not hmac.compare_digest(stored.value, _hash(code)):
            raise WrongSetupCode("This is not the code that the terminal shows.")
        used = session.execute(sa.delete(InstanceFact).where(InstanceFact.name == SETUP_CODE_HASH))
        if used.rowcount != 1:  # type: ignore[attr-defined]
            raise WrongSetupCode("This code has been used already.")
        user = _add_user(session, name, email, password_hash)
        return _add(session, workspace, user, timezone, by=Doer(user.id, name, address))


def is_known(email: str) -> bool:
    """Whether somebody with this address can sign in already, to whichever workspace."""
    return db.session.scalar(sa.select(sa.exists().where(User.email == email.lower()))) or False


def create_user(
    *,
    workspace: str,
    name: str,
    email: str,
    password: str,
    timezone: str = "UTC",
    role: Role | None = None,
) -> tuple[int, int]:
    """Add a new person to the workspace of this name; gives the ids of both.

    Without a role, whoever comes first makes the workspace and owns it, and who comes later operates it.
    Raises AddressTaken when somebody has this address already, and FirstPersonOwns.
    """
    password_hash = hash_password(password)
    with transaction() as session:
        if session.scalar(sa.select(User.id).where(User.email == email.lower())):
            raise AddressTaken(f"Somebody with the address {email} can sign in already.")
        user = _add_user(session, name, email, password_hash)
        return _enter(session, workspace, user, timezone=timezone, role=role)


def add_to_workspace(
    *, workspace: str, email: str, timezone: str = "UTC", role: Role | None = None
) -> tuple[int, int]:
    """Let somebody who can sign in into one more workspace, with the roles of `create_user`; gives the ids of both.

    Name and password stay as they are. Raises AlreadyMember, and FirstPersonOwns.
    """
    with transaction() as session:
        user = session.scalars(sa.select(User).where(User.email == email.lower())).one()
        return _enter(session, workspace, user, timezone=timezone, role=role)


def _add_user(session: sa.orm.Session, name: str, email: str, password_hash: str) -> User:
    """A new person; whoever comes first runs the installation."""
    first = not session.scalar(sa.select(sa.exists().select_from(User)))
    user = User(
        name=name, email=email.lower(), password_hash=password_hash, created_at=now(), owns_instance=first
    )
    session.add(user)
    session.flush()
    if first:
        confirm_first(session, by=name)
    return user


def _enter(
    session: sa.orm.Session, workspace: str, user: User, *, timezone: str, role: Role | None
) -> tuple[int, int]:
    existing = session.scalar(sa.select(Workspace).where(Workspace.name == workspace))
    if existing is not None:
        return existing.id, _join(session, existing, user, role or Role.OPERATOR)
    if role not in {None, Role.OWNER}:
        raise FirstPersonOwns(f"There is no workspace {workspace} yet, and its first person must own it.")
    return _add(session, workspace, user, timezone)


def _add(
    session: sa.orm.Session, workspace_name: str, user: User, timezone: str, *, by: Doer | None = None
) -> tuple[int, int]:
    workspace = Workspace(name=workspace_name, timezone=timezone, created_at=now())
    session.add(workspace)
    session.flush()
    create_workspace_key(session, workspace.id)
    on = Object("workspace", workspace.id, workspace_name)
    record(session, Action.WORKSPACE_MADE, workspace_id=workspace.id, asker=by, on=on)
    return workspace.id, _join(session, workspace, user, Role.OWNER, by=by)


def _join(
    session: sa.orm.Session, workspace: Workspace, user: User, role: Role, *, by: Doer | None = None
) -> int:
    """Make somebody a member, who came with the workspace they made (`by`) or was added by a command."""
    if not add_member(session, workspace.id, user.id, role):
        raise AlreadyMember(f"{user.email} is a member of {workspace.name} already.")
    if by is None:
        on = Object("member", user.id, user.name)
        record(session, Action.MEMBER_ADDED, workspace_id=workspace.id, on=on, role=role)
    return user.id


def _hash(code: str) -> str:
    """Codes are compared without regard to case, blanks and dashes, as people type them."""
    plain = "".join(char for char in code.upper() if char.isalnum())
    return sha256(plain.encode()).hexdigest()
