"""One line an event on standard error, with the job that it belongs to."""

import logging
from uuid import uuid4

import pytest
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from nimbus import logs, queues


@pytest.fixture
def root():
    """The root logger, put back afterwards: pytest listens there as well."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    logger.handlers = [each for each in handlers if not isinstance(each, logs.NimbusHandler)]
    yield logger
    logger.handlers, logger.level = handlers, level


def say_something(word):
    logging.getLogger("nimbus.tests").warning("said %s", word)


def test_a_line_says_when_how_bad_where_and_what(root, capsys):
    logs.configure("INFO")
    logging.getLogger("nimbus.tests").info("a %s", "fact")

    line = capsys.readouterr().err.strip()
    assert line.endswith("INFO nimbus.tests: a fact")
    assert line[:4].isdigit()


def test_configuring_again_changes_the_level_and_doubles_no_line(root, capsys):
    for level in ("DEBUG", "WARNING"):
        logs.configure(level)
    logging.getLogger("nimbus.tests").info("too quiet")
    say_something("once")

    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("noisy", ["imapclient", "rq.worker", "alembic"])
def test_libraries_that_log_each_command_are_heard_only_when_something_is_wrong(root, noisy):
    logs.configure("DEBUG")

    assert not logging.getLogger(noisy).isEnabledFor(logging.INFO)
    assert logging.getLogger(noisy).isEnabledFor(logging.WARNING)


def test_lines_of_a_job_carry_its_id(root, capsys, queue_server):
    logs.configure("WARNING")
    connection = queues.connect(queue_server)
    queue = Queue(uuid4().hex, connection=connection, serializer=JSONSerializer)
    job = queue.enqueue(say_something, "hello")
    SimpleWorker([queue], connection=connection, serializer=JSONSerializer).work(
        burst=True, logging_level="WARNING"
    )
    say_something("goodbye")

    inside, outside = [line for line in capsys.readouterr().err.splitlines() if "said" in line]
    assert inside.endswith(f"WARNING nimbus.tests [{job.id[:8]}]: said hello")
    assert outside.endswith("WARNING nimbus.tests: said goodbye")
