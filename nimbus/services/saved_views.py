"""Views of the list that a person keeps under a name: adding and removing."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import SavedView
from nimbus.rules.tag_names import folded
from nimbus.services.asker import Asker

MOST = 20  # views of one person in one workspace


class CannotSave(NimbusError):
    """The name is taken, or there are as many views as one person may keep; the sentence says which."""


class NoSuchView(NimbusError):
    """The person has no view with this id in this workspace."""


def save_view(asker: Asker, name: str, query: str) -> None:
    """Keep a view; `query` is what the list itself made of its address. Raises CannotSave."""
    view = SavedView(
        workspace_id=asker.workspace_id, user_id=asker.user_id, name=name, folded=folded(name), query=query
    )
    try:
        with transaction() as session:
            mine = sa.select(sa.func.count()).where(_of(asker))
            if (session.scalar(mine) or 0) >= MOST:
                raise CannotSave(f"You have {MOST} saved views. Remove one first.")
            session.add(view)
    except IntegrityError:
        raise CannotSave(f"You have a view called “{name}” already.") from None


def remove_view(asker: Asker, view_id: int) -> str:
    """Forget a view and return its name. Raises NoSuchView."""
    with transaction() as session:
        gone = sa.delete(SavedView).where(_of(asker), SavedView.id == view_id).returning(SavedView.name)
        name = session.scalar(gone)
        if name is None:
            raise NoSuchView("This view no longer exists.")
        return name


def _of(asker: Asker) -> sa.ColumnElement[bool]:
    return sa.and_(SavedView.workspace_id == asker.workspace_id, SavedView.user_id == asker.user_id)
