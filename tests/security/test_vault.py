"""A secret opens for its own row, field and workspace, and nowhere else."""

import base64
import json

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.security.vault import CannotOpenSecret, Vault

OLD, NEW = Fernet.generate_key(), Fernet.generate_key()
SECRET = "correct horse battery staple"
ROW = {"owner": "mail_server:7:smtp", "field": "password"}


def vault(workspace_id=1, keys=None, current="new"):
    return Vault(workspace_id, keys or {"old": OLD, "new": NEW}, current)


@pytest.mark.parametrize("secret", ["", "x", SECRET, "pässwörd €𝄞", "a" * 10_000, '"]\\\n', "\0"])
def test_a_secret_comes_back_as_it_was_sealed(secret):
    assert vault().open(vault().seal(secret, **ROW), **ROW) == secret


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"owner": "mail_server:8:smtp", "field": "password"},
        {"owner": "mail_server:7:imap", "field": "password"},
        {"owner": "mail_server:7:smtp", "field": "refresh_token"},
        {"owner": "", "field": ""},
    ],
)
def test_a_secret_copied_to_another_row_or_field_does_not_open(elsewhere):
    with pytest.raises(CannotOpenSecret):
        vault().open(vault().seal(SECRET, **ROW), **elsewhere)


def test_a_secret_does_not_open_in_another_workspace_even_with_the_same_key():
    with pytest.raises(CannotOpenSecret):
        vault(2).open(vault(1).seal(SECRET, **ROW), **ROW)


def test_another_workspaces_key_of_the_same_name_opens_nothing():
    stranger = vault(1, {"new": Fernet.generate_key()})

    with pytest.raises(CannotOpenSecret):
        stranger.open(vault().seal(SECRET, **ROW), **ROW)


def test_the_ciphertext_names_its_key_and_is_fernet():
    key_id, _, token = vault().seal(SECRET, **ROW).partition(":")

    assert key_id == "new"
    assert json.loads(Fernet(NEW).decrypt(token.encode()))[-1] == SECRET


def test_an_older_key_still_opens_what_it_sealed():
    sealed = vault(current="old").seal(SECRET, **ROW)

    assert sealed.startswith("old:")
    assert vault(current="new").open(sealed, **ROW) == SECRET


def test_a_key_that_is_gone_opens_nothing():
    sealed = vault(current="old").seal(SECRET, **ROW)

    with pytest.raises(CannotOpenSecret):
        vault(keys={"new": NEW}).open(sealed, **ROW)


def test_a_ciphertext_relabelled_with_another_key_does_not_open():
    same_key_twice = vault(keys={"old": NEW, "new": NEW})
    token = same_key_twice.seal(SECRET, **ROW).partition(":")[2]

    with pytest.raises(CannotOpenSecret):
        same_key_twice.open(f"old:{token}", **ROW)


@pytest.mark.parametrize(
    "sealed", ["", ":", "new", "new:", "new:x", "new:ä", "nobody:gAAAA", "new:" + "A" * 100]
)
def test_what_is_not_a_sealed_secret_is_refused(sealed):
    with pytest.raises(CannotOpenSecret):
        vault().open(sealed, **ROW)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_ciphertext_is_refused(where, flip):
    key_id, _, token = vault().seal(SECRET, **ROW).partition(":")
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[where % len(raw)] ^= flip
    damaged = base64.urlsafe_b64encode(bytes(raw)).decode()

    with pytest.raises(CannotOpenSecret):
        vault().open(f"{key_id}:{damaged}", **ROW)


def test_the_same_secret_is_never_sealed_alike():
    assert vault().seal(SECRET, **ROW) != vault().seal(SECRET, **ROW)


def test_neither_the_vault_nor_its_refusal_shows_a_key_or_a_secret():
    sealed = vault().seal(SECRET, **ROW)
    with pytest.raises(CannotOpenSecret) as refusal:
        vault(2).open(sealed, **ROW)

    shown = repr(vault()) + str(vault()) + repr(refusal.value) + str(refusal.value)
    for hidden in (SECRET, OLD.decode(), NEW.decode(), sealed.partition(":")[2]):
        assert hidden not in shown


def test_a_signature_is_the_same_for_the_same_text_and_purpose():
    signature = vault().sign("nonce", purpose="connection test")

    assert signature == vault().sign("nonce", purpose="connection test")
    assert len(bytes.fromhex(signature)) == 16


def test_a_signature_differs_by_text_purpose_workspace_and_key():
    signatures = {
        vault().sign("nonce", purpose="connection test"),
        vault().sign("other", purpose="connection test"),
        vault().sign("nonce", purpose="unsubscribe"),
        vault(2).sign("nonce", purpose="connection test"),
        vault(current="old").sign("nonce", purpose="connection test"),
        vault().sign("test", purpose="nonceconnection "),
    }

    assert len(signatures) == 6
