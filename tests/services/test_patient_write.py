"""A short write waits for others and for a database that comes back, and gives up at once where waiting cannot help."""

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from nimbus.database import quick_write
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.models.base import table_of
from nimbus.services.patient_write import passes, patient_write
from tests.factories import make_email_account, reload

ACCOUNT = table_of(EmailAccountHealth)
ADD = (
    sa.update(ACCOUNT)
    .where(ACCOUNT.c.id == sa.bindparam("of_account"))
    .values(daily_send_limit=ACCOUNT.c.daily_send_limit + 1)
)
PAUSE = sa.select(sa.func.pg_sleep(0.05).label("slept"))
WHO = sa.select(sa.func.pg_backend_pid().label("pid"))


@pytest.mark.parametrize("both_databases", ["postgres"], indirect=True)
def test_two_that_lock_each_other_both_finish(acme, ava, at_once):
    bea = make_email_account(acme, "bea@acme.test", daily_send_limit=20)

    def cross(number):
        def both(writing):
            for account_id in (ava, bea) if number % 2 else (bea, ava):
                writing.change(ADD, {"of_account": account_id})
                writing.rows(PAUSE, {})

        return patient_write(both, patience=20)

    assert at_once(cross, 4) == [None] * 4
    assert [reload(EmailAccountHealth, each).daily_send_limit for each in (ava, bea)] == [24, 24]


@pytest.mark.parametrize("both_databases", ["postgres"], indirect=True)
def test_a_connection_that_is_cut_is_replaced(ava):
    cut = []

    def write(writing):
        writing.change(ADD, {"of_account": ava})
        if not cut:
            cut.extend(row.pid for row in writing.rows(WHO, {}))
            with db.engine.connect() as other:
                other.execute(sa.select(sa.func.pg_terminate_backend(cut[0])))
        writing.change(ADD, {"of_account": ava})

    patient_write(write)

    assert reload(EmailAccountHealth, ava).daily_send_limit == 22


@pytest.mark.parametrize("both_databases", ["sqlite"], indirect=True)
def test_a_busy_database_is_asked_again_until_patience_ends(ava):
    with quick_write(db.engine), db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
        db.session.remove()
        with pytest.raises(OperationalError) as caught:
            connection.exec_driver_sql("UPDATE instance_fact SET value = value")
        connection.exec_driver_sql("PRAGMA busy_timeout=30000")

    assert passes(caught.value)


def test_a_statement_that_is_wrong_is_tried_once(acme):
    tries = []

    def wrong(writing):
        tries.append(1)
        writing.rows(sa.select(sa.column("nothing")).select_from(sa.table("nowhere")), {})

    with pytest.raises(DBAPIError):
        patient_write(wrong)

    assert len(tries) == 1


@pytest.mark.parametrize("both_databases", ["sqlite"], indirect=True)
def test_a_full_database_is_asked_again_until_there_is_room(ava):
    tries = []

    def grow(writing):
        tries.append(1)
        if len(tries) == 1:
            raise full
        writing.change(ADD, {"of_account": ava})

    with quick_write(db.engine) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")
        with pytest.raises(OperationalError) as caught:
            connection.exec_driver_sql("CREATE TABLE larger AS SELECT zeroblob(100000)")
    full = caught.value.orig

    patient_write(grow)

    assert passes(caught.value)
    assert reload(EmailAccountHealth, ava).daily_send_limit == 21


def test_a_full_disk_under_postgres_passes_and_a_broken_one_does_not():
    full, broken = (
        OperationalError("UPDATE", {}, kind()) for kind in (psycopg.errors.DiskFull, psycopg.errors.IoError)
    )

    assert (passes(full), passes(broken)) == (True, False)
