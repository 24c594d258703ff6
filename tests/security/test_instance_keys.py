"""Instance keys are told apart by their ids, and found in whichever file they are."""

import pytest
from cryptography.fernet import Fernet

from nimbus.security.instance_keys import (
    KeyFileProblem,
    KeyRing,
    ensure_instance_key,
    load_instance_key,
    new_key_text,
    next_path,
    retired_path,
    retired_paths,
)
from nimbus.security.private_files import put


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys" / "instance.key"
    ensure_instance_key(path)
    return path


def put_key(path):
    put(path, new_key_text())
    return load_instance_key(path)


def test_the_id_of_a_key_is_the_same_wherever_it_lies_and_gives_nothing_of_it_away(tmp_path):
    text = new_key_text()
    for name, content in (("a", text), ("b", text.strip() + b"\r\n")):
        (tmp_path / name).write_bytes(content)

    first, second = load_instance_key(tmp_path / "a"), load_instance_key(tmp_path / "b")

    assert first.id == second.id != load_instance_key_of(tmp_path, new_key_text()).id
    assert len(first.id) == 16
    assert int(first.id, 16) >= 0
    assert first.id.encode() not in text
    assert text.strip().decode() not in repr(first)


def load_instance_key_of(directory, text):
    (directory / "other").write_bytes(text)
    return load_instance_key(directory / "other")


def test_the_id_of_a_known_key_never_changes(tmp_path):
    (tmp_path / "key").write_bytes(b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")

    # SHA-256 of "NimbusOS instance key", a zero byte, and the bytes 0 to 31; every database names keys so.
    assert load_instance_key(tmp_path / "key").id == "279047bcdde09b02"


def test_the_ring_finds_the_key_in_use_the_next_one_and_those_that_are_retired(key_file):
    following = put_key(next_path(key_file))
    old = put_key(key_file.with_name("x"))
    key_file.with_name("x").rename(retired_path(key_file, old.id))

    ring = KeyRing(key_file)

    for key in (load_instance_key(key_file), following, old):
        assert ring.find(key.id).unwrap(key.wrap(b"secret")) == b"secret"
    assert ring.find("0" * 16) is None


def test_a_key_that_appears_later_is_found_when_it_is_asked_for(key_file):
    ring = KeyRing(key_file)
    following = put_key(next_path(key_file))

    assert ring.find(following.id).id == following.id


def test_what_was_read_once_stays_known_without_its_file(key_file):
    ring = KeyRing(key_file)
    key = ring.current()
    key_file.unlink()

    assert ring.find("0" * 16) is None
    assert ring.find(key.id).id == key.id
    with pytest.raises(KeyFileProblem, match="cannot be read"):
        ring.current()


def test_a_file_that_holds_no_key_hides_no_other(key_file):
    next_path(key_file).write_bytes(b"garbage")
    retired_path(key_file, "0" * 16).mkdir()
    (key_file.parent / "instance.key.old").write_bytes(Fernet.generate_key())

    assert KeyRing(key_file).find(load_instance_key(key_file).id)
    assert retired_paths(key_file) == [retired_path(key_file, "0" * 16)]


def test_a_key_nobody_has_is_named_together_with_where_it_was_looked_for(key_file):
    with pytest.raises(KeyFileProblem) as problem:
        KeyRing(key_file).unwrap("gAAAA", "0123456789abcdef")

    assert str(problem.value) == (
        f"Neither {key_file} nor a file beside it holds the instance key 0123456789abcdef that is needed here."
    )


def test_a_wrapped_key_that_is_damaged_is_said_to_be_so_by_naming_the_file(key_file):
    key = load_instance_key(key_file)

    with pytest.raises(KeyFileProblem, match=f"^The key in {key_file} does not open this database.$"):
        KeyRing(key_file).unwrap(key.wrap(b"secret")[:-4] + "AAA=", key.id)
