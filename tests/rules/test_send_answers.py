"""What the answer to a message means, what follows, when it is tried again, and how it is said."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.send_answers import (
    EFFECTS,
    INBOX_WAITS,
    SIGN_IN_TRIES,
    SUPPRESSING,
    Category,
    Effect,
    Stage,
    classify,
    retry_at,
    sentence,
)
from nimbus.rules.send_state import GIVEN_UP_AFTER
from tests.rules.send_answer_samples import AT_A_STAGE, OF_THE_MESSAGE

NOW = datetime(2026, 11, 12, 13, 10, tzinfo=UTC)
BEFORE_MAIL = [Stage.CONNECT, Stage.GREETING, Stage.HELLO, Stage.ENCRYPT, Stage.SIGN_IN]
OVER = {Effect.PERMANENT, Effect.BLOCKED}
WORDS = st.sampled_from(
    ["", *(answer[4:] for answer, _ in OF_THE_MESSAGE), *(answer[4:] for _, answer, _ in AT_A_STAGE)]
)
ANSWERS = st.builds("{} {}".format, st.integers(400, 599), WORDS | st.text(max_size=60))


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.BODY])
@pytest.mark.parametrize(("answer", "category"), OF_THE_MESSAGE)
def test_a_real_answer_has_its_category_wherever_the_message_stands(answer, category, stage):
    assert classify(answer, stage) == category


@pytest.mark.parametrize(("stage", "answer", "category"), AT_A_STAGE)
def test_the_moment_of_an_answer_decides_what_its_words_are_about(stage, answer, category):
    assert classify(answer, stage) == category


@pytest.mark.parametrize("stage", [Stage.HELLO, Stage.BODY])
def test_only_googles_own_try_again_later_means_that_the_inbox_is_too_fast(stage):
    answer = "421 4.7.0 Try again later, closing connection."

    assert classify(answer, stage, host="smtp.gmail.com") == Category.THROTTLE
    assert classify(answer, stage, host="mail.example.net") == Category.SOFT_TEMP


@pytest.mark.parametrize("separator", ["-", " "])
def test_a_reply_of_several_lines_means_what_one_line_means(separator):
    assert classify(f"550{separator}5.1.1 No such user", Stage.RCPT) == Category.HARD_INVALID


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.0.0 See https://mail.example.net/spam/5.1.1 for help",
        "550 <user-unknown@spamhaus.example>: 192.5.1.1 says no",
        "550 Refer to example.net/5.1.1.7",
    ],
)
def test_addresses_urls_and_other_numbers_are_nobodys_judgement(answer):
    assert classify(answer, Stage.RCPT) == Category.UNKNOWN


def test_the_reply_code_decides_whether_an_answer_is_final():
    assert EFFECTS[classify("450 5.1.1 User unknown", Stage.RCPT)] == Effect.RETRY
    assert EFFECTS[classify("550 4.1.1 User unknown", Stage.RCPT)] == Effect.PERMANENT


@pytest.mark.parametrize("words", ["user exceeds over ", "x@", "5.1.", "domain not ", "must use "])
def test_a_hostile_answer_is_read_as_quickly_as_any_other(words):
    began = time.process_time()

    assert classify(f"554 {words * 50_000}", Stage.RCPT) in Category
    assert time.process_time() - began < 0.5


@settings(max_examples=200, deadline=None)
@given(ANSWERS, st.sampled_from(Stage), st.sampled_from(["", "smtp.gmail.com", "smtp.office365.com"]))
def test_every_answer_means_something_and_only_a_final_one_ends_a_message(answer, stage, host):
    category = classify(answer, stage, host=host)

    assert sentence(category)
    if EFFECTS[category] in OVER:
        assert answer.startswith("5")
        assert stage not in BEFORE_MAIL


@settings(max_examples=100, deadline=None)
@given(ANSWERS, st.sampled_from([*BEFORE_MAIL, Stage.MAIL]))
def test_no_address_is_suppressed_before_a_server_was_told_it(answer, stage):
    assert classify(answer, stage) not in SUPPRESSING


@given(
    st.text(max_size=40).filter(lambda text: not re.match(r"[45]\d\d(?!\d)", text)), st.sampled_from(Stage)
)
def test_what_is_no_refusal_of_smtp_is_a_failure_of_the_connection(answer, stage):
    assert classify(answer, stage) == Category.CONNECTION


def test_every_category_has_its_effect_and_only_an_unknown_mailbox_is_suppressed_at_once():
    assert set(EFFECTS) == set(Category)
    assert frozenset({Category.HARD_INVALID}) == SUPPRESSING
    assert {category for category in Category if EFFECTS[category] is Effect.WAIT} == set(INBOX_WAITS)


def pauses(category, since=None):
    """The pauses in minutes between the tries of a message that is always refused at once."""
    moment, found = NOW, []
    while (again := retry_at(category, len(found) + 1, moment, since=since)) is not None:
        found.append((again - moment) / timedelta(minutes=1))
        moment = again
    return found


@pytest.mark.parametrize(
    ("category", "first"),
    [
        (Category.SOFT_TEMP, [15, 60, 240, 1440]),
        (Category.SOFT_FULL, [1380, 1380, 1380]),
        (Category.CONNECTION, [5, 15, 45, 135, 360, 360]),
        (Category.AUTH_LOGIN, [1, 5, 15, 15]),
        (Category.THROTTLE, [15, 15, 15]),
        (Category.PROVIDER_LIMIT, [1440, 1440, 1440]),
        (Category.SUSPENDED, [1440]),
    ],
)
def test_a_message_comes_again_after_the_pauses_of_its_category(category, first):
    assert pauses(category)[: len(first)] == first


@pytest.mark.parametrize("category", [Category.SOFT_TEMP, Category.SOFT_FULL])
def test_what_the_receiving_side_refuses_for_now_is_tried_a_few_times_only(category):
    assert len(pauses(category)) == {Category.SOFT_TEMP: 4, Category.SOFT_FULL: 3}[category]


@pytest.mark.parametrize("category", Category)
def test_nothing_is_retried_for_longer_than_three_days(category):
    total = timedelta(minutes=sum(pauses(category)))

    assert total <= GIVEN_UP_AFTER
    assert bool(total) == (EFFECTS[category] not in OVER and category is not Category.EXPIRED)


@pytest.mark.parametrize("category", [Category.SOFT_TEMP, Category.CONNECTION, Category.AUTH_LOGIN])
def test_the_three_days_begin_with_the_first_try(category):
    assert retry_at(category, 1, NOW, since=NOW - GIVEN_UP_AFTER) is None
    assert retry_at(category, 1, NOW, since=NOW - timedelta(hours=71)) is not None


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(Category),
    st.integers(1, 400),
    st.none() | st.integers(0, 100).map(lambda hours: NOW - timedelta(hours=hours)),
)
def test_a_retry_lies_in_the_future_and_within_three_days_of_the_first_try(category, attempts, since):
    again = retry_at(category, attempts, NOW, since=since)

    assert again is None or NOW < again <= (since or NOW) + GIVEN_UP_AFTER


def test_a_third_refused_sign_in_still_has_a_pause_to_come_back_after():
    assert retry_at(Category.AUTH_LOGIN, SIGN_IN_TRIES, NOW) == NOW + timedelta(minutes=15)


@pytest.mark.parametrize("category", Category)
def test_each_category_is_said_in_whole_sentences_with_names_as_they_are(category):
    said = sentence(category, recipient="bob@example.net", host="smtp.example.com")

    assert said.endswith(".")
    assert "{" not in said
    assert said[0].isupper() or said.startswith(("bob@", "smtp."))
    assert sentence(category)[0].isupper()


@pytest.mark.parametrize("reason", ["hard_bounce", "complaint", "opt_out", "manual", "unheard of", None])
def test_a_suppressed_address_is_told_with_its_reason(reason):
    said = sentence(Category.SUPPRESSED, recipient="bob@example.net", suppressed_for=reason)
    because = {
        "hard_bounce": "came back",
        "complaint": "spam",
        "opt_out": "no more",
        "manual": "workspace put",
    }

    assert said.startswith("This workspace sends nothing to bob@example.net any more: ")
    assert because.get(reason, "bounced, complained or asked") in said
