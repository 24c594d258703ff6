"""Statements straight on the driver: part of the session's transaction, with the same values, the same errors."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import AuditEvent, DomainHealth
from nimbus.models.base import table_of
from nimbus.services.prepared import writing_in

ADD = sa.insert(table_of(DomainHealth)).returning(*table_of(DomainHealth).c)
ADD_LINE = sa.insert(table_of(AuditEvent)).inline()


def domain(workspace_id):
    return {"workspace_id": workspace_id, "name": "acme.test", "created_at": now()}


def test_what_a_statement_returns_is_read_as_a_query_is(acme):
    values = domain(acme)

    with transaction() as session:
        (added,) = writing_in(session).rows(ADD, values)
        found = session.get_one(DomainHealth, added.id)

    assert {name: getattr(added, name) for name in values} == values
    assert (found.name, found.created_at) == (values["name"], values["created_at"])


def test_it_ends_with_the_sessions_own_transaction(acme):
    with transaction() as session:
        writing_in(session).rows(ADD, domain(acme))
        session.rollback()

    with transaction() as session:
        assert session.scalars(sa.select(DomainHealth)).all() == []


def test_the_drivers_error_is_raised_under_its_usual_name(acme):
    with transaction() as session:
        writing_in(session).rows(ADD, domain(acme))

    with pytest.raises(IntegrityError), transaction() as session:
        writing_in(session).rows(ADD, domain(acme))


def test_a_column_whose_default_is_computed_has_to_be_given(acme):
    with pytest.raises(TypeError, match="details needs a value"), transaction() as session:
        writing_in(session).change(ADD_LINE, {"workspace_id": acme, "at": now()})
