"""People of the practice world: what each habit sends back, when, and that two of them never talk for ever."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from nimbus.sandbox.people import HABITS, Habit, People
from nimbus.sandbox.world import System
from tests.sandbox.signing_in import written

ANSWERS = {
    Habit.INTERESTED: "interesting",
    Habit.NOT_NOW: "next quarter",
    Habit.NOT_INTERESTED: "not interested",
    Habit.WRONG_PERSON: "not the right person",
    Habit.UNSUBSCRIBE: "take me off",
}


@pytest.fixture
def people(world):
    return People(world)


@pytest.fixture
def ann(world):
    return world.add("ann@goo.test", name="Ann", system=System.GOOGLE)


@pytest.fixture
def leo(world):
    """The one who is written to."""
    return world.add("leo@micro.test", name="Leo", system=System.MICROSOFT)


def write(world, sender="ann@goo.test", to="leo@micro.test", subject="Lunch"):
    world.deliver(written(sender, [to], subject), sender=sender, recipients=[to])


def inbox(mailbox):
    return [
        message_from_bytes(each.raw, policy=policy.default)
        for each in mailbox.messages
        if "INBOX" in each.labels
    ]


@pytest.mark.parametrize("habit", ANSWERS)
def test_an_answer_goes_to_the_sender_within_the_thread(world, people, ann, leo, habit):
    people.adopt("Leo@Micro.test", habit)
    write(world)

    (answer,) = inbox(ann)
    assert ANSWERS[habit] in answer.get_content()
    assert (answer["From"], answer["Subject"]) == ("Leo <leo@micro.test>", "Re: Lunch")
    assert answer["In-Reply-To"] == answer["References"] == "<Lunch@goo.test>"
    assert answer["Auto-Submitted"] is None
    assert leo.messages[0].thread_id == leo.messages[1].thread_id
    assert leo.messages[1].labels == {"SENT"}


def test_an_absent_person_answers_as_a_machine_does(world, people, ann, leo):
    people.adopt(leo.address, Habit.OUT_OF_OFFICE)
    write(world)

    (answer,) = inbox(ann)
    assert (answer["Subject"], answer["Auto-Submitted"]) == ("Automatic reply: Lunch", "auto-replied")


@pytest.mark.parametrize(("habit", "status"), [(Habit.BOUNCE_UNKNOWN, "5.1.1"), (Habit.BOUNCE_FULL, "5.2.2")])
def test_a_bounce_takes_the_message_back_and_says_why(world, people, ann, leo, habit, status):
    people.adopt(leo.address, habit)
    write(world)

    (bounce,) = inbox(ann)
    assert leo.messages == []
    assert bounce.get_content_type() == "multipart/report"
    delivery = bounce.get_payload(1).get_payload()
    assert (delivery[1]["Status"], delivery[1]["Final-Recipient"]) == (status, "rfc822; leo@micro.test")


def test_a_complaint_is_a_feedback_report_with_the_message_in_it(world, people, ann, leo):
    people.adopt(leo.address, Habit.COMPLAIN)
    write(world)

    (report,) = inbox(ann)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "feedback-report"
    _words, feedback, original = report.iter_parts()
    assert feedback.get_content_type() == "message/feedback-report"
    assert "Feedback-Type: abuse" in str(feedback)
    assert "Original-Rcpt-To: <leo@micro.test>" in str(feedback)
    assert original.get_payload(0)["Message-ID"] == "<Lunch@goo.test>"


def test_a_silent_person_says_nothing(world, people, ann, leo):
    write(world)

    assert inbox(ann) == []
    assert len(leo.messages) == 1


def test_a_delayed_habit_waits_for_the_clock_of_the_world(world, clock, people, ann, leo):
    people.adopt(leo.address, Habit.INTERESTED, after=timedelta(hours=2))
    write(world)
    people.act()
    assert inbox(ann) == []

    clock.advance(hours=2)
    people.act()

    assert len(inbox(ann)) == 1


def test_two_people_who_answer_everything_stop_after_one_answer_each(world, people, ann, leo):
    for mailbox in (ann, leo):
        people.adopt(mailbox.address, Habit.INTERESTED)
    write(world)

    assert (len(inbox(ann)), len(inbox(leo))) == (1, 2)


def test_a_machines_mail_moves_nobody(world, people, ann, leo):
    people.adopt(ann.address, Habit.INTERESTED)
    people.adopt(leo.address, Habit.OUT_OF_OFFICE)
    write(world)
    write(world, to="nobody@micro.test", subject="Bounces")

    assert (len(inbox(ann)), len(inbox(leo))) == (2, 1)


def test_a_reaction_on_command_is_to_the_newest_message_of_somebody_else(world, people, ann, leo):
    assert not people.react(leo, Habit.INTERESTED)
    for subject in ("First", "Second"):
        write(world, subject=subject)
    leo.store(written(leo.address, [ann.address], "Own"), {"SENT"})

    assert people.react(leo, Habit.INTERESTED)
    assert people.react(leo, Habit.NOT_NOW, message_id=leo.messages[0].id)

    assert [each["Subject"] for each in inbox(ann)] == ["Re: Second", "Re: First"]


def test_a_reset_ends_every_habit(world, people, ann, leo):
    people.adopt(leo.address, Habit.INTERESTED, after=timedelta(hours=1))
    write(world)
    world.reset()

    assert people.custom_of(leo.address).habit is Habit.SILENT
    assert set(HABITS) == set(Habit)
