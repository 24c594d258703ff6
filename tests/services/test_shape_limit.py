"""A limit goes back to the rules, and a mailbox that a person writes from as well keeps to its ceiling."""

import pytest

from nimbus.models import EmailAccountHealth
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.shape_limit import mark_personal, use_automatic_limit
from nimbus.services.update_account import NoSuchAccount
from tests.factories import make_email_account, make_person, make_workspace, reload


@pytest.mark.parametrize(("typed", "stage", "goes_on"), [(40, 3, 28), (22, 3, 22), (40, 5, 40)])
def test_a_limit_that_is_given_back_goes_on_from_the_lower_of_number_and_target(
    asker, acme, typed, stage, goes_on
):
    values = {"daily_send_limit": typed, "limit_mode": "manual", "current_stage": stage}
    account_id = make_email_account(acme, **values)

    assert use_automatic_limit(asker, account_id) == goes_on

    account = reload(EmailAccountHealth, account_id)
    assert (account.daily_send_limit, account.effective_limit, account.limit_mode) == (
        goes_on,
        goes_on,
        "automatic",
    )
    assert account.health_version == 1


def test_where_nothing_of_ours_grows_a_limit_its_number_stays(asker, acme):
    values = {"daily_send_limit": 40, "limit_mode": "manual", "provider": "reachinbox"}

    assert use_automatic_limit(asker, make_email_account(acme, legs=(), **values)) == 40


def test_the_ceiling_of_a_shared_mailbox_lowers_its_limit_and_is_not_given_back(asker, acme):
    account_id = make_email_account(acme, daily_send_limit=200, limit_mode="manual")

    assert mark_personal(asker, account_id, is_personal=True) == 150
    assert mark_personal(asker, account_id, is_personal=False) == 450

    account = reload(EmailAccountHealth, account_id)
    assert (account.daily_send_limit, account.is_personal, account.health_version) == (150, False, 2)


def test_nobody_shapes_the_limit_of_another_workspace(ava):
    person = make_person(make_workspace("Zenith"), "Zoe")
    zoe = Asker(person.workspace_id, person.user_id, "Zoe", Role.OWNER, "192.0.2.8")

    with pytest.raises(NoSuchAccount):
        use_automatic_limit(zoe, ava)
    with pytest.raises(NoSuchAccount):
        mark_personal(zoe, ava, is_personal=True)
    assert reload(EmailAccountHealth, ava).is_personal is False
