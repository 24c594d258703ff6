"""Which passwords people may choose; they are hashed with argon2id and never compared in the clear."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from nimbus.security.passwords import (
    _NOBODY,
    COMMON_PASSWORDS,
    MAXIMUM_LENGTH,
    hash_password,
    is_outdated,
    password_matches,
    why_refused,
)

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


def test_nobody_signs_in_without_a_hash():
    assert not password_matches(PASSWORD, None)


def test_without_a_hash_the_answer_takes_the_work_that_it_takes_with_one(stored):
    assert extract_parameters(_NOBODY) == extract_parameters(stored)
    with pytest.raises(VerifyMismatchError):  # and not refused unread
        PasswordHasher().verify(_NOBODY, PASSWORD)


@pytest.mark.parametrize("broken", ["", "x", PASSWORD, "$argon2id$v=19$m=1"])
def test_a_stored_value_that_is_no_hash_matches_nothing(broken):
    assert not password_matches(PASSWORD, broken)


def test_only_a_hash_of_older_parameters_is_outdated(stored):
    assert not is_outdated(stored)
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD))


def common():
    return COMMON_PASSWORDS.read_text("utf-8").splitlines()[1:]


def test_the_3000_commonest_passwords_are_refused():
    assert len(set(common())) == len(common()) == 3_000
    assert {why_refused(password) for password in common()} == {
        "This is one of the 3,000 passwords most in use, which are tried first. Choose another."
    }


def test_a_common_password_is_refused_however_its_letters_are_written():
    for password in ("password", "PASSWORD", "PassWord", "Qwertyuiop", "iLoveYou", "12345678"):
        assert "most in use" in (why_refused(password) or "")


def test_every_common_password_on_the_list_would_be_long_enough():
    assert min(map(len, common())) == 8
    assert [password for password in common() if password != password.casefold()] == []


@pytest.mark.parametrize("length", [0, 1, 7, 1_025, 5_000])
def test_a_password_needs_8_to_1024_characters(length):
    sentence = "Use at least 8 characters; 15 are better." if length < 8 else "Use at most 1,024 characters."

    assert why_refused("ä" * length) == sentence


@pytest.mark.parametrize(
    "password",
    ["ä" * 8, "ä" * 64, "x" * 1_024, "aaaaaaab", "lower case only", "78125390", "  blanks count  "],
)
def test_nothing_is_asked_of_a_password_but_its_length(password):
    assert why_refused(password) is None


@pytest.mark.parametrize("password", ["Ada Lovelace", "ADA@acme.test", " ada lovelace ", "Acme Agency"])
def test_what_belongs_to_the_person_may_not_be_the_whole_password(password):
    own = ("Ada Lovelace", "ada@acme.test", "Acme Agency")

    assert (
        why_refused(password, own)
        == "Your name, address or workspace would be tried first. Choose another password."
    )
    assert why_refused(f"{password} and more", own) is None
