"""What the doctor says of settings, address, key file and place."""

import pytest
from cryptography.fernet import Fernet

from nimbus.database import transaction
from nimbus.security.instance_keys import ensure_instance_key
from nimbus.services.live_place import forget_places
from nimbus.settings import DECLARED

FAR = "http://nimbus.example.com"
EVERYWHERE = "0.0.0.0:8000"


def test_settings_are_counted(well, examine):
    by_default = len(DECLARED) - 6
    assert examine()["settings"]["sentence"].startswith(f"6 given, {by_default} by default.")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"outbound_allow": "10.0.0.0/99"}, "“10.0.0.0/99” is neither a network"),
        ({"dns_resolvers": "resolver.example"}, "“resolver.example” is not the address of a name server"),
    ],
)
def test_a_setting_that_is_read_only_when_it_is_used_is_looked_at_too(well, examine, change, given, sentence):
    change(**given)

    assert examine()["settings"]["state"] == "fail"
    assert examine()["settings"]["sentence"].startswith(sentence)


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, "ok"),
        ({"bind": "[::1]:8000", "base_url": "http://localhost:8000"}, "ok"),
        ({"bind": EVERYWHERE, "base_url": "https://nimbus.example.com"}, "ok"),
        ({"bind": EVERYWHERE}, "warn"),
        ({"base_url": FAR}, "warn"),
    ],
)
def test_an_address_that_others_reach_should_be_encrypted(well, examine, change, given, state):
    change(**given)
    found = examine()["address"]

    assert found["state"] == state
    assert bool(found["advice"]) == (state == "warn")


def test_a_key_file_that_fits_and_is_private_is_fine(well, examine, settings):
    assert examine()["key"]["sentence"] == f"{settings.key_file} belongs to this database."


def test_a_key_file_that_others_can_read_is_told_with_the_command_that_ends_it(well, examine, settings):
    settings.key_file.chmod(0o640)
    found = examine()["key"]

    assert (found["state"], found["command"]) == ("warn", f"chmod 600 {settings.key_file}")


def test_a_missing_key_file_is_named_with_what_to_do(well, examine, settings):
    settings.key_file.unlink()
    found = examine()["key"]

    assert found["state"] == "fail"
    assert found["sentence"] == f"The key file {settings.key_file} cannot be read: No such file or directory."
    assert found["advice"].startswith("Put your copy of it there")


def test_a_file_without_a_key_in_it_is_named(well, examine, settings):
    settings.key_file.write_text("not a key")

    assert examine()["key"]["sentence"] == f"The key file {settings.key_file} does not hold a key."


@pytest.mark.parametrize("way", ["examine", "examine_alone"])
def test_the_key_of_another_database_is_told_from_the_right_one(well, settings, request, way):
    settings.key_file.write_bytes(Fernet.generate_key())
    found = request.getfixturevalue(way)()["key"]

    assert found["state"] == "fail"
    assert str(settings.key_file) in found["sentence"]
    assert "but this database needs the key" in found["sentence"]


def test_without_a_database_it_is_not_known_whose_key_it_is(well, examine, settings):
    (settings.data_dir / "nimbus.sqlite3").unlink()

    for key in ("key", "place"):
        assert examine()[key]["state"] == "fail"
        assert examine()[key]["sentence"] == "Not known while the database is not ready."


def test_a_copy_says_that_it_sends_nothing_and_how_to_confirm_it(well, examine):
    with well.app_context(), transaction() as session:
        forget_places(session)
    found = examine()["place"]

    assert (found["state"], found["command"]) == ("fail", "flask confirm-live")
    assert "It sends nothing until" in found["sentence"]


def test_the_live_installation_says_so(well, examine):
    assert examine()["place"]["sentence"] == "This is the live installation."


def test_a_new_installation_is_told_who_makes_its_key(examine_alone, tmp_path):
    found = examine_alone(NIMBUS_KEY_FILE=str(tmp_path / "new" / "key"))["key"]
    assert "make run makes one for a new installation only" in found["advice"]

    ensure_instance_key(tmp_path / "new" / "key")
    assert examine_alone(NIMBUS_KEY_FILE=str(tmp_path / "new" / "key"))["key"]["state"] == "ok"
