"""Tags of one account and saved views, on both databases and by several people at once."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import AccountTag, SavedView, Tag
from nimbus.models.tag_queries import saved_views, tags_on
from nimbus.services.saved_views import CannotSave, NoSuchView, remove_view, save_view
from nimbus.services.tag_changes import OtherKind, set_tags
from tests.factories import make_email_account, make_person, make_workspace


def count(table):
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


def test_people_who_tag_at_the_same_moment_share_one_tag(acme, asker, ava, at_once):
    inboxes = [ava, *(make_email_account(acme, f"{number}@acme.test") for number in range(3))]
    db.session.rollback()

    outcomes = at_once(lambda number: set_tags(asker, inboxes[number], tags=["Größe"], clients=[]), 4)

    assert (outcomes, count(Tag), count(AccountTag)) == ([None] * 4, 1, 4)


def test_a_name_in_use_stays_of_its_kind_and_nothing_else_of_the_form_is_saved(acme, asker, ava):
    other = make_email_account(acme, "bob@acme.test")
    set_tags(asker, other, tags=[], clients=["Acme"])

    with pytest.raises(OtherKind, match="“Acme” is a client already, so it cannot be a tag"):
        set_tags(asker, ava, tags=["new", "ACME"], clients=[])

    assert tags_on(db.session(), acme, [ava]) == {}
    assert count(Tag) == 1


def test_another_workspace_may_use_the_same_name_for_another_kind(asker, ava):
    zenith = make_workspace("Zenith")
    cy = make_person(zenith, "Cy")
    theirs = make_email_account(zenith, "cy@zenith.test")
    set_tags(asker, ava, tags=[], clients=["Acme"])

    set_tags(replace(asker, workspace_id=zenith, user_id=cy.user_id), theirs, tags=["Acme"], clients=[])

    assert count(Tag) == 2


def test_a_view_is_saved_once_under_a_name_and_removed_by_its_person_alone(acme, asker):
    other = replace(asker, user_id=make_person(acme, "Olga").user_id)
    save_view(asker, "Größe", "q=a")
    save_view(other, "GRÖSSE", "q=b")
    with pytest.raises(CannotSave, match="called “GRÖSSE” already"):
        save_view(asker, "GRÖSSE", "q=c")

    [mine] = saved_views(db.session(), acme, asker.user_id)
    with pytest.raises(NoSuchView):
        remove_view(other, mine.id)
    assert remove_view(asker, mine.id) == "Größe"
    assert count(SavedView) == 1
