"""Contacts as an agency has them, as rows: books, people with long names, imports in each state, a suppression list."""

import io
from datetime import timedelta

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import Contact, ContactImport
from nimbus.rules.contact_import import Duplicates
from nimbus.rules.roles import Role
from nimbus.security.unsubscribe_tokens import Unsubscriber, seal_token
from nimbus.services.asker import Asker
from nimbus.services.import_contacts import run
from nimbus.services.upload_contacts import begin_import, receive_file
from tests.e2e.fleet import LONG
from tests.services.contacts import make_suppression

FILE = (
    "E-Mail,First name,Last name,Company,Tags\n"
    "ava.stone@orbit.example,Ava,Stone,Orbit & Sons,vip\n"
    f"{LONG},Maximiliane-Henriette,von und zu Hohenlohe-Langenburg,A company with many words in its name GmbH & Co. KG,vip;fair\n"
    "not an address,Ben,Okafor,Orbit,\n"
    "cara@orbit.example,Cara,Lind,,\n"
    "dan@orbit.example,Dan,Meyer,Orbit,late\n"
).encode()
COLUMNS = ["email", "first_name", "last_name", "company", "tags"]


def make_contacts(workspace_id: int, user_id: int) -> dict[str, object]:
    """Gives the ids of what addresses name, each with its kind before it."""
    asker = Asker(workspace_id, user_id, "Dana", Role.OWNER, "127.0.0.1")
    ids: dict[str, object] = {
        f"import_{state}": receive_file(
            asker, io.BytesIO(FILE), f"{state}.csv", book_id=None, new_book="Trade fair 2026"
        )
        for state in ("waits", "done", "runs", "stopped")
    }
    begin_import(asker, ids["import_done"], columns=COLUMNS, duplicates=Duplicates.UPDATE, tags="")
    run(workspace_id, ids["import_done"])
    with transaction() as session:
        runs, stopped = (
            session.get_one(ContactImport, ids[f"import_{name}"]) for name in ("runs", "stopped")
        )
        runs.state, runs.owner, runs.lease_until = "running", "0" * 32, now() + timedelta(days=1)
        runs.total, runs.done, runs.added, runs.updated = 184_200, 61_000, 58_950, 2_050
        stopped.state, stopped.finished_at, stopped.done = "failed", now(), 2
        stopped.problem = (
            "The file is no longer on this server, so the rest of it cannot be read. Choose it again."
        )
        people = dict(session.execute(sa.select(Contact.email, Contact.id)).all())
        ids["book"] = runs.book_id
    ids["contact"], ids["contact_long"] = people["ava.stone@orbit.example"], people[LONG]
    ids["suppressed"] = make_suppression(
        workspace_id, "ava.stone@orbit.example", source="Dana", note="asked us on the phone"
    )
    for reason in ("hard_bounce", "complaint", "opt_out"):
        make_suppression(workspace_id, f"{reason}@orbit.example", reason)
    ids["unsubscribing"] = seal_token(Unsubscriber(workspace_id, "ava.stone@orbit.example"))
    return ids
