"""Many checks at once: each question put once, in turn, and one broken check leaves the others alone."""

import threading
import time

import pytest

from nimbus.providers.dns.crew import AT_ONCE, Crew
from nimbus.providers.dns.memory import Memory, Pace
from nimbus.rules.dns_answers import Answer, Kind, Outcome, Question


class Names:
    """Answers every question with its own name; counts, and can hold all of them until so many wait."""

    def __init__(self, together=1):
        self.asked, self.gate = [], threading.Barrier(together)

    def __call__(self, question):
        self.asked.append(question.name)
        self.gate.wait(timeout=10)
        return Answer(Outcome.FOUND, (question.name,), 60)


def asking(*names):
    answers = yield tuple(Question(name, Kind.A) for name in names)
    second = yield (Question(f"then.{names[0]}", Kind.A),)
    return [answer.records[0] for answer in (*answers, *second)]


def broken():
    yield (Question("broken.test", Kind.A),)
    raise RuntimeError("a bug")


class Seconds:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def crew_of():
    crews = []

    def make(names, clock=None, **rates):
        clock = clock or Seconds()
        crews.append(
            Crew(
                names,
                Memory(clock),
                Pace(clock, **{"in_all": float("inf"), "per_list": float("inf")} | rates),
            ).__enter__()
        )
        return crews[-1]

    yield make
    for crew in crews:
        crew.__exit__()


def test_every_check_gets_its_own_answers_in_its_own_order(crew_of):
    checks = ((n, asking(f"b{n}.test", f"a{n}.test")) for n in range(100))

    assert dict(crew_of(Names()).run(checks)) == {
        n: [f"b{n}.test", f"a{n}.test", f"then.b{n}.test"] for n in range(100)
    }


def test_twenty_look_ups_wait_together(crew_of):
    names = Names(together=AT_ONCE)  # none is answered before twenty are under way
    list(crew_of(names).run((n, asking(f"{n}.test")) for n in range(AT_ONCE)))

    assert len(names.asked) == 2 * AT_ONCE


def test_a_question_is_put_once_for_all_who_want_it_until_its_time_is_over(crew_of):
    names, clock = Names(), Seconds()
    crew = crew_of(names, clock)
    list(crew.run((n, asking("same.test")) for n in range(50)))
    list(crew.run([(1, asking("same.test"))]))
    assert len(names.asked) == 2
    clock.now += 61
    list(crew.run([(1, asking("same.test"))]))

    assert len(names.asked) == 4


def test_a_check_that_breaks_leaves_the_others_alone(crew_of, caplog):
    found = dict(crew_of(Names()).run([("bad", broken()), ("good", asking("x.test"))]))

    assert found["bad"] is None
    assert found["good"] == ["x.test", "then.x.test"]


def test_nothing_to_do_is_done_at_once(crew_of):
    assert list(crew_of(Names()).run([])) == []


def test_each_list_is_asked_no_faster_than_its_pace():
    clock = Seconds()
    pace = Pace(clock, per_list=2.0, in_all=1000.0)
    listed, other = Question("a.dbl.spamhaus.org", Kind.A), Question("a.multi.surbl.org", Kind.A)

    assert pace.wait(listed) == 0
    assert pace.wait(listed) == pytest.approx(0.5)
    clock.now += 0.01
    assert pace.wait(other) == 0
    clock.now += 0.49
    assert pace.wait(listed) == 0


def test_the_name_servers_as_a_whole_have_a_pace_too():
    clock = Seconds()
    pace = Pace(clock, in_all=4.0)

    assert [pace.wait(Question(f"{n}.test", Kind.A)) for n in range(2)] == [0, pytest.approx(0.25)]


def test_what_must_wait_for_its_turn_gets_it(crew_of):
    names = Names()
    crew = Crew(names, Memory(time.monotonic), Pace(time.monotonic, per_list=200.0))
    with crew:
        found = list(crew.run((n, asking(f"{n}.dbl.spamhaus.org")) for n in range(4)))

    assert len(found) == 4


def test_memory_has_an_end():
    clock = Seconds()
    memory = Memory(clock)
    memory.keep(Question("a.test", Kind.A), Answer(Outcome.FOUND, (), 0))
    assert memory.find(Question("a.test", Kind.A))
    clock.now += 5
    assert memory.find(Question("a.test", Kind.A)) is None
    for number in range(50_001):
        memory.kept[Question(f"{number}", Kind.A)] = Answer(Outcome.FOUND), 0.0
    memory.keep(Question("b.test", Kind.A), Answer(Outcome.FOUND))

    assert len(memory.kept) == 50_000
    memory.forget()
    assert not memory.kept
