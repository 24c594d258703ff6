"""`flask doctor` as a whole: its exit status, its two forms, and that it answers where nothing else starts."""

import json

import pytest

EVERY_LINE = [
    "settings",
    "address",
    "key",
    "place",
    "database",
    "migrations",
    "database_file",
    "queue",
    "worker",
    "scheduler",
    "backlog",
    "queue_memory",
    "disk",
    "memory",
    "clock",
    "providers",
    "packages",
]
PUBLIC = {"bind": "0.0.0.0:8000", "base_url": "http://nimbus.example.com"}


def test_where_everything_runs_each_line_is_ok_and_the_exit_status_0(well, examine):
    found = examine()

    assert [check["key"] for check in found.told["checks"]] == EVERY_LINE
    assert found.in_state("ok") == EVERY_LINE
    assert (found.state, found.exit_code) == ("ok", 0)


def test_a_warning_is_1_and_a_failure_is_2_as_monitoring_reads_them(well, examine, change):
    change(**PUBLIC)
    assert (examine().state, examine().exit_code) == ("warn", 1)

    change(redis_url="unix:///tmp/nobody-listens-here.sock")
    assert (examine().state, examine().exit_code) == ("fail", 2)


def test_a_line_begins_with_its_state_and_the_repair_stands_below(well, change):
    change(**PUBLIC, redis_url=None)
    output = well.test_cli_runner().invoke(args=["doctor"]).output

    assert "ok    Settings: " in output
    assert "warn  Address: http://nimbus.example.com is not encrypted" in output
    assert "\n      Put a web server with a certificate in front" in output
    assert "fail  Queue: It does not answer. Work waits in the database.\n      Run: make run\n" in output


def test_queues_workers_and_versions_are_told_too(well, examine):
    told = examine().told

    assert {queue["name"]: queue["workers"] for queue in told["queues"]} == {
        "interactive": 1,
        "send": 1,
        "sync": 1,
        "maintenance": 1,
    }
    assert [worker["state"] for worker in told["workers"]] == ["idle"]
    assert {"Python", "Flask", "SQLAlchemy", "RQ", "Valkey"} <= told["versions"].keys()
    assert "queue send: 0 waiting, served by 1" in well.test_cli_runner().invoke(args=["doctor"]).output


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"NIMBUS_BIND": "everywhere"}, "NIMBUS_BIND must be an address and a port, such as 127.0.0.1:8000."),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL names mysql, but NimbusOS keeps"),
        ({"GOOGLE_CLIENT_ID": "x"}, "GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET belong together"),
    ],
)
def test_a_setting_that_stops_everything_else_is_a_line(examine_alone, given, sentence):
    found = examine_alone(**given)

    assert found["settings"]["state"] == "fail"
    assert found["settings"]["sentence"].startswith(sentence)
    assert found["settings"]["advice"] == "Every setting is in docs/settings.md."
    assert found["packages"]["state"] == "ok"
    assert found.exit_code == 2


def test_without_the_whole_application_it_finds_the_same(well, examine_alone):
    found = examine_alone()

    assert found.in_state("ok") == EVERY_LINE
    assert found.exit_code == 0


def test_at_a_terminal_with_everything_away_every_line_is_there_and_nothing_is_made(settings, shell):
    (settings.data_dir / "nimbus.sqlite3").unlink()
    before = sorted(settings.data_dir.iterdir())

    done = shell("--json", REDIS_URL="redis://127.0.0.1:1", NIMBUS_KEY_FILE="/nowhere/instance.key")

    assert [check["key"] for check in json.loads(done.stdout)["checks"]] == EVERY_LINE
    assert done.returncode == 2
    assert sorted(settings.data_dir.iterdir()) == before


def test_at_a_terminal_a_refused_setting_is_told_in_a_sentence(shell):
    done = shell(NIMBUS_BIND="everywhere")

    assert done.stdout.startswith("fail  Settings: NIMBUS_BIND must be an address and a port")
    assert (done.returncode, done.stderr) == (2, "")


SECRETS = {
    "DATABASE_URL": "postgresql://nimbus:s3cret-database@127.0.0.1:1/nimbus",
    "REDIS_URL": "redis://:s3cret-queue@127.0.0.1:1",
    "GOOGLE_CLIENT_ID": "x",
    "GOOGLE_CLIENT_SECRET": "s3cret-google",
    "NIMBUS_SECRET_KEY": "s3cret-cookies-s3cret",
    "DNS_RESOLVERS": "127.0.0.1:1",
}


def test_no_secret_is_told(shell, settings):
    done = shell(**SECRETS)

    assert done.returncode == 2
    assert "s3cret" not in done.stdout + done.stderr
    assert settings.key_file.read_text().strip() not in done.stdout + done.stderr


def test_programs_are_given_one_object(examine):
    told = examine().told

    assert list(told) == ["state", "checks", "queues", "workers", "versions"]
    assert list(told["checks"][0]) == ["key", "state", "title", "sentence", "command", "advice"]
