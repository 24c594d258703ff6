"""What comes back, in the manner of many systems: each message is what it is, and none is taken for something else."""

import pytest

from nimbus.rules.mail_verdict import MailKind
from nimbus.rules.reply_classes import ReplyClass
from tests.mail.reading import old_bounces, samples, verdict_of

SAMPLES = samples()
OF_MACHINES = [sample for sample in SAMPLES if sample.kind in {"bounce", "auto_reply", "complaint"}]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_a_message_is_what_it_is(sample):
    verdict = verdict_of(sample.raw, sample.recipients.partition(" ")[0])

    assert (verdict.kind, verdict.reply_class) == (sample.kind, sample.reply_class), verdict.facts
    assert sorted(filter(None, (each.recipient for each in verdict.bounced))) == sorted(
        sample.recipients.split()
    )
    assert [each.category for each in verdict.bounced[:1]] == [sample.category] * bool(sample.category)
    assert (verdict.back_on.isoformat() if verdict.back_on else "") == sample.back_on
    assert verdict.facts
    assert verdict.rule


def test_every_kind_of_system_has_its_samples():
    assert len(OF_MACHINES) >= 60


def test_no_mail_of_a_person_and_no_complaint_is_taken_for_a_bounce():
    for sample in SAMPLES:
        if sample.kind != "bounce":
            assert verdict_of(sample.raw).kind is not MailKind.BOUNCE, sample.file


def test_old_bounces_are_found_and_name_whom_they_are_about():
    count = found = exact = 0
    for raw, recipients in old_bounces():
        verdict = verdict_of(raw)
        count += 1
        found += verdict.kind is MailKind.BOUNCE
        exact += {each.recipient for each in verdict.bounced} == recipients

    assert found / count >= 0.96
    assert exact / count >= 0.92


def test_old_bounces_are_mostly_found_without_the_library_that_knows_them(monkeypatch):
    monkeypatch.setattr("nimbus.providers.incoming.unstructured.all_failures", lambda _: ((), ()))
    told = [verdict_of(raw).kind for raw, _ in old_bounces()]

    assert told.count(MailKind.BOUNCE) / len(told) >= 0.9


def test_an_answer_that_nobody_was_sent_is_read_and_kept_apart():
    sample = next(sample for sample in SAMPLES if sample.file == "reply_interested.eml")
    raw = sample.raw

    assert verdict_of(raw, "kai@berg.test").kind is MailKind.REPLY
    assert verdict_of(raw, "kai@berg.test").reply_class is ReplyClass.INTERESTED
