"""Writing a batch of contacts into a book, within the caller's transaction: nobody is there twice, nothing is lost."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from nimbus.database import dialect_of
from nimbus.models import Workspace
from nimbus.rules.audit import plain
from nimbus.rules.contact_import import Duplicates
from nimbus.rules.contact_values import BadValue, NewContact, together
from nimbus.services.contact_statements import contact_statements


class Put(NamedTuple):
    """What became of a batch, each row counted once."""

    added: int = 0
    updated: int = 0
    skipped: int = 0


def put_contacts(
    session: Session,
    workspace_id: int,
    book_id: int,
    contacts: Sequence[NewContact],
    *,
    duplicates: Duplicates,
    tags: Sequence[str],
    moment: datetime,
) -> Put:
    """Write contacts, in the order of their rows, and put all of them into the book; `tags` go to each that is written."""
    # One batch at a time in a workspace: what is here already stays true until this one is written.
    session.execute(
        sa.select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    )
    sql = contact_statements(dialect_of(session))
    once = _once(contacts, duplicates)
    of = {"of_workspace": workspace_id, "at_moment": moment}
    emails = {"emails": json.dumps(list(once)), **of}
    here = set(session.scalars(sql.existing, emails))
    written = {
        email: contact
        for email, contact in once.items()
        if duplicates == Duplicates.UPDATE or email not in here
    }
    rows = [(email, each.first_name, each.last_name, each.fields) for email, each in written.items()]
    session.execute(sql.put[duplicates], {"rows": json.dumps(rows), **of})
    session.execute(sql.put_in_book, emails | {"of_book": book_id})
    if tagged := [(email, tag) for email, each in written.items() for tag in (*each.tags, *tags)]:
        session.execute(sql.tag, {"tags": json.dumps(tagged), **of})
    added = len(once) - len(here)
    again = len(contacts) - added
    return Put(added, again, 0) if duplicates == Duplicates.UPDATE else Put(added, 0, again)


def unusual_address(email: str) -> str:
    """An address that is none of the usual kind, as it is written to, in lower case; raises BadValue where it is none."""
    try:
        found = validate_email(
            email, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError:
        raise BadValue(f"“{plain(email[:100])}” is no address like ava@example.com.") from None
    return f"{found.local_part}@{found.ascii_domain}".lower()


def _once(contacts: Sequence[NewContact], duplicates: Duplicates) -> Mapping[str, NewContact]:
    """Each contact of a batch once, as if its rows had come one by one."""
    once: dict[str, NewContact] = {}
    for contact in contacts:
        earlier = once.setdefault(contact.email, contact)
        if earlier is not contact and duplicates == Duplicates.UPDATE:
            once[contact.email] = together(earlier, contact)
    return once
