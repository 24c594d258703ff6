"""What all tables share: moments are aware UTC, and every row belongs to a workspace."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from nimbus.extensions import db
from nimbus.models import Workspace
from nimbus.models.base import Base, OfWorkspace

OF_NO_WORKSPACE = {"instance_fact", "user_account", "workspace"}


@pytest.mark.parametrize("hours", [0, 2, -11])
def test_a_moment_comes_back_as_the_same_instant_in_utc(acme, hours):
    moment = datetime(2026, 11, 12, 23, 30, 15, 123456, tzinfo=timezone(timedelta(hours=hours)))
    db.session.get_one(Workspace, acme).created_at = moment
    db.session.commit()
    db.session.expire_all()

    found = db.session.get_one(Workspace, acme).created_at
    assert found == moment
    assert found.tzinfo == UTC


def test_a_moment_without_a_zone_is_refused(acme):
    db.session.get_one(Workspace, acme).created_at = datetime(2026, 11, 12, 23, 30)  # noqa: DTZ001 - the point

    with pytest.raises(StatementError, match="a moment needs a time zone"):
        db.session.flush()
    db.session.rollback()


def test_moments_are_compared_and_ordered_as_instants(acme):
    early = datetime(2026, 11, 12, 23, 30, tzinfo=timezone(timedelta(hours=9)))
    late = datetime(2026, 11, 12, 23, 30, tzinfo=UTC)
    db.session.get_one(Workspace, acme).created_at = early
    db.session.commit()

    assert db.session.scalar(sa.select(Workspace.id).where(Workspace.created_at < late)) == acme
    assert db.session.scalar(sa.select(Workspace.id).where(Workspace.created_at > early)) is None


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=str)
def test_every_table_carries_its_workspace_unless_it_belongs_to_none(table):
    if table.name in OF_NO_WORKSPACE:
        assert "workspace_id" not in table.c
    else:
        [reference] = [
            key for key in table.c.workspace_id.foreign_keys if key.column.table.name == "workspace"
        ]
        assert not table.c.workspace_id.nullable
        assert reference.ondelete == "CASCADE"


def test_every_model_of_a_workspace_says_so_by_its_base():
    said = {
        mapper.class_.__tablename__
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, OfWorkspace)
    }

    assert said == set(Base.metadata.tables) - OF_NO_WORKSPACE
