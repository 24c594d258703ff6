"""Files that are whole or not there, and for one user's eyes."""

import pytest

from nimbus.security.private_files import put, put_new


@pytest.mark.parametrize("write", [put, put_new])
def test_a_file_is_for_its_owner_alone_and_nothing_lies_beside_it(tmp_path, write):
    path = tmp_path / "file"

    write(path, b"text")

    assert path.read_bytes() == b"text"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_only_one_of_the_two_replaces_what_is_there(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"before")

    assert put_new(path, b"after") is False
    assert path.read_bytes() == b"before"
    put(path, b"after")
    assert path.read_bytes() == b"after"


def test_what_a_killed_writer_left_is_written_over(tmp_path):
    (tmp_path / "file.partial").write_bytes(b"a longer text, cut in the mid")

    put(tmp_path / "file", b"text")

    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"text"
