"""What every way out promises, whichever provider it leads through: one suite, run against each of them."""

from datetime import UTC, datetime

import pytest

from nimbus.providers.errors import DeliveryUnknown, SendRefused, StoppedBeforeBody
from nimbus.providers.message import Letter, compose, new_message_id
from nimbus.rules.providers import Provider
from nimbus.rules.send_answers import EFFECTS, Effect, Stage, classify
from tests.providers.ways_out import ANN, BOB, ApiWay, SmtpWay, new_sink
from tests.servers.processes import wait_until

APIS = [Provider.GMAIL, Provider.MICROSOFT]
SMTP = pytest.param(Provider.SMTP_IMAP, marks=pytest.mark.servers)


@pytest.fixture(params=[*APIS, SMTP])
def way(request, tmp_path):
    if request.param in APIS:
        yield ApiWay(request.param, request.getfixturevalue("sandbox"))
        return
    with new_sink(tmp_path) as sink:
        yield SmtpWay(request.getfixturevalue("mail_stack"), sink)


def letter(text="The words themselves.", mark="42"):
    """A message and its Message-ID."""
    message_id = new_message_id(ANN)
    values = {"sender": ANN, "sender_name": "Änn", "recipient": BOB, "subject": "Grüße – " * 12}
    return message_id, compose(
        Letter(text=text, message_id=message_id, mark=mark, dated_at=datetime.now(UTC), **values)
    )


def post(sender, message, before_body=lambda: True):
    return sender.send(message, sender=ANN, recipient=BOB, before_body=before_body)


def await_copy(way, message_id):
    wait_until(lambda: way.copies(message_id), within=10, what="the message to arrive")
    return way.copies(message_id)


@pytest.mark.claim("C62", partly=True)
def test_a_message_arrives_once_and_as_it_was_made(way):
    message_id, message = letter(f".dot\n{'ü' * 999}\n..\nFrom here\n")

    with way.opened() as sender:
        accepted = post(sender, message)

    copies = await_copy(way, message_id)
    head, _, body = copies[0].replace(b"\r\n", b"\n").partition(b"\n\n")
    assert len(copies) == 1
    assert body.strip() == message.replace(b"\r\n", b"\n").partition(b"\n\n")[2].strip()
    assert b"X-NimbusOS-Send: 42" in head
    assert accepted.line.isprintable()
    assert 0 < len(accepted.line) <= 200


def test_any_number_of_messages_leave_by_one_sender(way):
    letters = dict(letter(mark=str(number)) for number in range(4))

    with way.opened() as sender:
        for message in letters.values():
            assert sender.is_ready()
            post(sender, message)

    assert [len(await_copy(way, message_id)) for message_id in letters] == [1] * 4


def test_the_last_word_is_asked_for_once_and_a_no_keeps_the_message(way):
    taken_back, sent = letter(), letter()
    asked = []

    with way.opened() as sender, pytest.raises(StoppedBeforeBody):
        post(sender, taken_back[1], before_body=lambda: bool(asked.append(1)))
    with way.opened() as sender:
        post(sender, sent[1])

    assert len(await_copy(way, sent[0])) == 1
    assert (way.copies(taken_back[0]), len(asked)) == ([], 1)


def test_a_sign_in_that_is_over_is_the_inboxs_affair_and_the_message_is_kept(way):
    message_id, message = letter()
    way.breaks("sign in")

    with pytest.raises(SendRefused) as caught, way.opened() as sender:
        post(sender, message)

    refused = caught.value
    assert refused.stage is Stage.SIGN_IN
    assert EFFECTS[refused.category or classify(refused.answer, refused.stage)] is Effect.SIGN_IN
    assert way.copies(message_id) == []


def test_a_provider_that_is_away_is_a_matter_of_the_connection_and_nobody_is_asked_for_the_last_word(way):
    asked = []
    way.breaks("away")

    with pytest.raises(SendRefused) as caught, way.opened() as sender:
        post(sender, letter()[1], before_body=lambda: not asked.append(1))

    refused = caught.value
    assert EFFECTS[refused.category or classify(refused.answer, refused.stage)] is Effect.RETRY
    assert (refused.stage, asked) == (Stage.CONNECT, [])


def test_an_answer_that_is_cut_off_leaves_a_doubt_and_one_copy(way):
    message_id, message = letter()
    way.breaks("cut")

    with way.opened() as sender, pytest.raises(DeliveryUnknown) as caught:
        post(sender, message)

    assert caught.value.sentence.endswith("confirmed that it took the message.")
    assert len(await_copy(way, message_id)) == 1


def test_a_provider_that_stays_silent_costs_its_time_and_leaves_a_doubt(way):
    way.breaks("silence")

    with way.opened() as sender, pytest.raises(DeliveryUnknown) as caught:
        post(sender, letter()[1])

    assert "did not confirm within" in caught.value.sentence


def test_a_message_that_is_refused_for_good_leaves_the_way_open_for_the_next(way):
    message_id, message = letter()

    with way.opened() as sender:
        with pytest.raises(SendRefused) as caught:
            way.post_unacceptable(sender)
        post(sender, message)

    refused = caught.value
    category = refused.category or classify(refused.answer, refused.stage)
    assert EFFECTS[category] is Effect.PERMANENT
    assert refused.line.isprintable()
    assert len(await_copy(way, message_id)) == 1


@pytest.mark.parametrize("trouble", ["sign in", "away", "cut", "silence"])
def test_what_goes_wrong_is_told_without_any_secret(way, trouble):
    way.breaks(trouble)

    with pytest.raises((SendRefused, DeliveryUnknown)) as caught, way.opened() as sender:
        post(sender, letter()[1])

    error, told = caught.value, []
    while error is not None:
        told.append(f"{error!r} {error} {vars(error)}")
        error = error.__cause__ or error.__context__
    assert [secret for secret in way.secrets() if secret in " ".join(told)] == []


@pytest.mark.parametrize("way", APIS, indirect=True)
@pytest.mark.parametrize("fault", ["unauthorized_once", "expired"])
def test_a_token_that_has_ended_is_renewed_and_the_message_leaves_once(way, fault):
    message_id, message = letter()
    way.ann.faults.set(fault)

    with way.opened() as sender:
        post(sender, message)

    assert len(await_copy(way, message_id)) == 1


@pytest.mark.parametrize("way", APIS, indirect=True)
@pytest.mark.parametrize("rewritten", [False, True])
def test_a_message_in_doubt_is_found_again_even_under_another_message_id(way, rewritten):
    message_id, message = letter()
    if rewritten:
        way.ann.faults.set("rewritten_message_id")
    way.breaks("cut")
    with way.opened() as sender, pytest.raises(DeliveryUnknown):
        post(sender, message)

    way.ann.faults.clear()

    assert way.find(message_id, "42")
    assert way.find(letter()[0], "43") is None
    assert (way.message_id_of(way.find(message_id, "42")) == message_id) is not rewritten


@pytest.mark.parametrize("way", APIS, indirect=True)
@pytest.mark.parametrize(
    ("fault", "effect"),
    [("throttled", Effect.WAIT), ("daily_cap", Effect.WAIT), ("forbidden", Effect.SIGN_IN)],
)
def test_what_the_provider_refuses_of_an_inbox_keeps_the_message(way, fault, effect):
    message_id, message = letter()
    way.ann.faults.set(fault)

    with way.opened() as sender, pytest.raises(SendRefused) as caught:
        post(sender, message)

    assert EFFECTS[caught.value.category] is effect
    assert way.copies(message_id) == []
