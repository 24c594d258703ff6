"""A backup's file opens whole and in order, with its passphrase, or not at all."""

import random
import struct

import pytest

from nimbus.services.backup_file import (
    CHUNK_BYTES,
    DamagedBackup,
    NotABackup,
    WrongPassphrase,
    is_encrypted,
    new_backup_file,
    opened_backup_file,
)

PASSPHRASE = "correct horse battery stäple"
SEALED = pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["plain", "encrypted"])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "nimbus.backup"


def write(path, content, passphrase=None):
    with new_backup_file(path, passphrase) as stream:
        stream.write(content)
    return path


def read(path, passphrase=None):
    with opened_backup_file(path, passphrase) as stream:
        return stream.read()


def noise(size):
    """Bytes that do not become fewer when they are packed, the same ones each time."""
    return random.Random(size).randbytes(size)


def parts(path):
    """The header, and each chunk with its length."""
    *lines, rest = path.read_bytes().split(b"\n", 3)
    chunks = []
    while rest:
        end = 4 + (struct.unpack(">I", rest[:4])[0] & 0x7FFFFFFF)
        chunks.append(rest[:end])
        rest = rest[end:]
    return b"\n".join([*lines, b""]), chunks


def flipped(data, position):
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def flip_in(number, position):
    """Damage that turns one bit of a chunk."""
    return lambda chunks: [
        flipped(chunk, position) if each == number else chunk for each, chunk in enumerate(chunks)
    ]


@pytest.fixture(scope="module")
def three_chunks(tmp_path_factory):
    """The parts of a backup, plain and encrypted; deriving a key is slow on purpose."""
    path = tmp_path_factory.mktemp("backup") / "nimbus.backup"
    return {
        passphrase: parts(write(path, noise(3 * CHUNK_BYTES - 1000), passphrase))
        for passphrase in (None, PASSPHRASE)
    }


@SEALED
@pytest.mark.parametrize("size", [0, CHUNK_BYTES, 5 * CHUNK_BYTES + 1])
def test_what_was_written_is_read_again(path, passphrase, size):
    write(path, noise(size), passphrase)

    assert read(path, passphrase) == noise(size)
    assert is_encrypted(path) is bool(passphrase)


@SEALED
def test_only_its_owner_may_read_it_and_nothing_lies_beside_it(path, passphrase):
    write(path, b"x", passphrase)

    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_one_that_was_not_finished_is_not_there(path):
    def fail():
        with new_backup_file(path, None) as stream:
            stream.write(noise(CHUNK_BYTES * 2))
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert list(path.parent.iterdir()) == []


def test_any_byte_that_is_turned_is_noticed(path):
    whole = write(path, noise(100)).read_bytes()
    accepted = []
    for position in range(len(whole)):
        path.write_bytes(flipped(whole, position))
        try:
            read(path)
            accepted.append(position)
        except (DamagedBackup, NotABackup):
            continue

    assert accepted == []
    assert len(whole) > 200


@SEALED
@pytest.mark.parametrize(
    "damage",
    [
        flip_in(0, 4),
        flip_in(1, 1000),
        flip_in(1, -1),
        flip_in(2, 0),
        flip_in(2, 3),
        lambda chunks: chunks[:2],
        lambda chunks: [*chunks[:2], chunks[2][:-1]],
        lambda chunks: [*chunks[:2], chunks[2][:3]],
        lambda chunks: [chunks[1], chunks[0], *chunks[2:]],
        lambda chunks: [chunks[0], *chunks[2:]],
        lambda chunks: [chunks[0], chunks[0], *chunks[1:]],
        lambda chunks: [*chunks, chunks[-1]],
        lambda chunks: [*chunks, b"\n"],
        lambda chunks: [],
    ],
    ids=[
        *(
            "first bit",
            "inside",
            "seal",
            "last mark",
            "length",
            "last gone",
            "end cut",
            "mark cut",
            "swapped",
        ),
        *("left out", "twice", "last twice", "more behind", "empty"),
    ],
)
def test_a_damaged_chunk_is_refused_with_a_sentence(path, three_chunks, passphrase, damage):
    header, chunks = three_chunks[passphrase]

    path.write_bytes(header + b"".join(damage(chunks)))

    with pytest.raises(
        DamagedBackup, match=r"nimbus.backup is damaged: it .* in part [1-4]\. Use another copy\."
    ):
        read(path, passphrase)


def test_a_chunk_of_another_backup_under_the_same_passphrase_is_refused(path, tmp_path):
    header, _ = parts(write(path, b"the first", PASSPHRASE))
    _, others = parts(write(tmp_path / "other", b"the other", PASSPHRASE))

    path.write_bytes(header + b"".join(others))

    with pytest.raises(DamagedBackup):
        read(path, PASSPHRASE)


@pytest.mark.parametrize("line", [1, 2])
def test_a_damaged_beginning_is_told_from_a_wrong_passphrase(path, line):
    lines = write(path, b"x", PASSPHRASE).read_bytes().split(b"\n", 3)
    lines[line] = flipped(lines[line], 10)
    path.write_bytes(b"\n".join(lines))

    with pytest.raises(DamagedBackup, match="is damaged at its beginning"):
        read(path, PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0" * 500, b"\n\n\n"])
def test_another_file_is_not_taken_for_a_backup(path, content):
    path.write_bytes(content)

    with pytest.raises(NotABackup, match=r"is not a backup that this version of NimbusOS reads\.$"):
        is_encrypted(path)


def test_a_file_of_a_later_format_says_that_a_newer_version_made_it(path):
    path.write_bytes(write(path, b"x").read_bytes().replace(b"backup 1\n", b"backup 2\n"))

    with pytest.raises(NotABackup, match="It was made by a newer version"):
        read(path)


@pytest.mark.parametrize("typed", ["another passphrase", "", PASSPHRASE + " ", None])
def test_without_its_passphrase_an_encrypted_backup_stays_closed(path, typed):
    write(path, b"x", PASSPHRASE)

    with pytest.raises(WrongPassphrase):
        read(path, typed)


def test_an_accent_opens_it_however_the_keyboard_spells_it(path):
    write(path, b"x", "cle\u0301 de la maison")

    assert read(path, "cl\u00e9 de la maison") == b"x"


def test_the_same_content_under_the_same_passphrase_never_looks_alike(path, tmp_path):
    content = b"the same every time" * 100
    _, [first] = parts(write(path, content, PASSPHRASE))
    _, [second] = parts(write(tmp_path / "second", content, PASSPHRASE))

    assert first[4:] != second[4:]
    assert content[:19] not in path.read_bytes()
