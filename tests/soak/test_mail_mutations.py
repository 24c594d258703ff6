"""A hundred thousand messages as no program writes them: each is read within its limits, and none changes anything."""

import time

from nimbus.providers.incoming.reader import Reader
from tests.mail.mutations import mutations
from tests.mail.reading import all_mail
from tests.mail.test_mutations import assert_sound

COUNT, SEED = 100_000, 2026


def test_a_hundred_thousand_mutated_messages_are_read_by_children_that_live(capsys):
    began, children = time.monotonic(), set()
    with Reader() as reader:
        for raw in mutations(all_mail(), COUNT, SEED):
            assert_sound(reader.read(raw))
            children.add(reader._child.pid)

    with capsys.disabled():
        told = f"messages {COUNT} children {len(children)} seconds {time.monotonic() - began:.0f}"
        print(f"\nsoak mail_mutations {told}")  # noqa: T201 - what the run is for
    assert len(children) <= COUNT // 2000 + 1
