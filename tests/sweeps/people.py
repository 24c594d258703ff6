"""Contacts of a workspace, for the addresses about them: one of everything, and a file that waits for its columns."""

from datetime import timedelta

from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import (
    AddressBook,
    BookContact,
    Contact,
    ContactImport,
    ContactTag,
    Suppression,
    UnreadRow,
)
from nimbus.services.contact_files import path_of


def fill_contacts(session: Session, workspace_id: int, name: str) -> dict[str, object]:
    """A row of every kind, the workspace's name in each text; gives what addresses call them."""
    mine, own, moment = {"workspace_id": workspace_id}, f"{name}-own", now()
    book = AddressBook(**mine, name=f"Book of {own}", created_at=moment)
    fields = {"company": own}
    times = {"created_at": moment, "changed_at": moment}
    contact = Contact(**mine, email=f"zoe@{own}.test", first_name=own, fields=fields, **times)
    by_hand = Suppression(
        **mine, email=f"no@{own}.test", reason="manual", created_at=moment, source=own, note=f"Asked {own}"
    )
    session.add_all([book, contact, by_hand])
    session.flush()
    session.add_all(
        [
            BookContact(**mine, book_id=book.id, contact_id=contact.id),
            ContactTag(**mine, contact_id=contact.id, tag=own),
        ]
    )
    done, waits = (_import(mine, book.id, own, state) for state in ("done", "uploaded"))
    done.finished_at, done.unread, done.done = moment + timedelta(seconds=1), 1, 1
    waits.file = f"{own}.csv"
    _write(waits.file, f"Email,{own}\nnew@{own}.test,x\n")
    session.add_all([waits, done])
    session.flush()
    session.add(
        UnreadRow(**mine, import_id=done.id, line=2, values=[own], sentence=f"“{own}” is no address.")
    )
    return {
        "book_id": book.id,
        "contact_id": contact.id,
        "import_id": done.id,
        "contact_imports.columns.import_id": waits.id,
        "suppression_id": by_hand.id,
    }


def _import(mine: dict[str, int], book_id: int, own: str, state: str) -> ContactImport:
    return ContactImport(
        **mine,
        book_id=book_id,
        state=state,
        file=None,
        file_name=f"{own}.csv",
        encoding="utf-8",
        delimiter=",",
        has_header=True,
        columns=["email", "first_name"],
        titles=["Email", own],
        created_at=now(),
        total=1,
    )


def _write(name: str, text: str) -> None:
    path = path_of(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
