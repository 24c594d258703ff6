"""People's passwords are hashed with argon2id and never compared in the clear."""

import pytest

from nimbus.security.passwords import MAXIMUM_LENGTH, hash_password, password_matches

PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def stored():
    return hash_password(PASSWORD)


def test_only_the_right_password_matches(stored):
    assert password_matches(PASSWORD, stored)
    assert not password_matches(PASSWORD.upper(), stored)
    assert not password_matches("", stored)


def test_the_hash_is_argon2id_salted_and_says_nothing(stored):
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored
    assert hash_password(PASSWORD) != stored


def test_the_hash_costs_an_attacker_19_mebibytes(stored):
    assert "m=19456,t=2,p=1" in stored


@pytest.mark.parametrize("password", ["ä€𝄞 pässwörd", "x" * MAXIMUM_LENGTH, "nul\0inside it"])
def test_any_password_a_person_may_choose_is_taken(password):
    assert password_matches(password, hash_password(password))


def test_nobody_signs_in_without_a_hash_not_even_with_the_stand_in_password():
    assert not password_matches(PASSWORD, None)
    assert not password_matches("a password that nobody has", None)


@pytest.mark.parametrize("broken", ["", "x", PASSWORD, "$argon2id$v=19$m=1"])
def test_a_stored_value_that_is_no_hash_matches_nothing(broken):
    assert not password_matches(PASSWORD, broken)
