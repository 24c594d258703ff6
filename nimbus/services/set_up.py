"""The first start: a one-time code, then the workspace and its owner."""

import hmac
import secrets
from hashlib import sha256

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import InstanceFact, Membership, Role, User, Workspace
from nimbus.models.instance import SETUP_CODE_HASH
from nimbus.security.passwords import hash_password
from nimbus.security.workspace_keys import create_workspace_key

_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that reads as something else


class WrongSetupCode(NimbusError):
    """The code is not the one that the terminal shows."""


class AddressTaken(NimbusError):
    """A person with this address exists already."""


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
    *, code: str, workspace: str, name: str, email: str, password: str, timezone: str
) -> tuple[int, int]:
    """Make the first workspace and its owner; returns their ids. The code works once.

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
        user = User(name=name, email=email, password_hash=password_hash, owns_instance=True)
        return _add(session, workspace, user, timezone)


def create_user(
    *, workspace: str, name: str, email: str, password: str, timezone: str = "UTC"
) -> tuple[int, int]:
    """Add a person: as owner of a new workspace, or as operator of the one that has this name.

    Raises AddressTaken when somebody has this address already.
    """
    password_hash = hash_password(password)
    with transaction() as session:
        if session.scalar(sa.select(User.id).where(User.email == email.lower())):
            raise AddressTaken(f"Somebody with the address {email} can sign in already.")
        user = User(name=name, email=email, password_hash=password_hash)
        existing = session.scalar(sa.select(Workspace).where(Workspace.name == workspace))
        if existing is None:
            return _add(session, workspace, user, timezone)
        return existing.id, _join(session, existing, user, Role.OPERATOR)


def _add(session: sa.orm.Session, workspace_name: str, user: User, timezone: str) -> tuple[int, int]:
    workspace = Workspace(name=workspace_name, timezone=timezone, created_at=now())
    session.add(workspace)
    session.flush()
    create_workspace_key(session, workspace.id)
    return workspace.id, _join(session, workspace, user, Role.OWNER)


def _join(session: sa.orm.Session, workspace: Workspace, user: User, role: Role) -> int:
    user.email = user.email.lower()
    user.created_at = now()
    session.add(user)
    session.flush()
    session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=role))
    return user.id


def _hash(code: str) -> str:
    """Codes are compared without regard to case, blanks and dashes, as people type them."""
    plain = "".join(char for char in code.upper() if char.isalnum())
    return sha256(plain.encode()).hexdigest()
