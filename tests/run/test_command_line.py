"""How crews of workers are asked for."""

from argparse import ArgumentTypeError

import pytest

from jobs.worker import read_crew


@pytest.mark.parametrize(
    ("words", "crew"),
    [
        ("send", (("send",), 1)),
        ("interactive:12", (("interactive",), 12)),
        ("maintenance,sync:2", (("maintenance", "sync"), 2)),
    ],
)
def test_a_word_names_the_queues_of_a_crew_and_its_size(words, crew):
    assert read_crew(words) == crew


@pytest.mark.parametrize(
    "words", ["", "sand", "send:0", "send:", "send:-1", "send:two", "send,", "send:2,sync"]
)
def test_what_is_no_crew_is_refused_with_the_form_and_the_queues(words):
    with pytest.raises(
        ArgumentTypeError, match="is not like send:2 or maintenance,sync; queues: interactive, "
    ):
        read_crew(words)
