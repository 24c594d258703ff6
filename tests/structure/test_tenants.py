"""Every row belongs to a workspace, and the database itself keeps it there."""

import pytest

from nimbus.models.base import Base

# Tables that stand above the workspaces, and why.
ABOVE_WORKSPACES = {
    "instance_fact": "facts about the installation as a whole",
    "user_account": "a person may belong to several workspaces",
    "workspace": "the workspace itself",
}
TABLES = sorted(set(Base.metadata.tables) - set(ABOVE_WORKSPACES))


@pytest.mark.parametrize("name", TABLES)
def test_table_carries_its_workspace(name):
    column = Base.metadata.tables[name].c.workspace_id

    assert not column.nullable
    assert any(key.column.table.name == "workspace" for key in column.foreign_keys)


@pytest.mark.parametrize("name", TABLES)
def test_reference_to_another_row_names_the_workspace_too(name):
    table = Base.metadata.tables[name]

    for constraint in table.foreign_key_constraints:
        if constraint.referred_table.name not in ABOVE_WORKSPACES:
            assert "workspace_id" in constraint.column_keys, f"{name}: {constraint.column_keys}"
