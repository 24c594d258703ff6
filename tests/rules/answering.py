"""Driving a rule that asks DNS with answers that are written down."""

from nimbus.rules.dns_answers import Answer, Outcome


def answered(asking, zone):
    """What a rule makes of a zone: {"acme.test TXT": [...]}; an outcome stands for a failure, all else is NXDOMAIN."""
    answers = None
    try:
        while True:
            questions = asking.send(answers)
            answers = tuple(answer_to(question, zone) for question in questions)
    except StopIteration as end:
        return end.value


def answer_to(question, zone):
    found = zone.get(f"{question.name} {question.kind}")
    if isinstance(found, Outcome):
        return Answer(found)
    if found is not None:
        return Answer(Outcome.FOUND, tuple(found), 300)
    exists = any(key.partition(" ")[0].endswith(question.name) for key in zone)
    return Answer(Outcome.NO_DATA if exists else Outcome.NO_NAME)
