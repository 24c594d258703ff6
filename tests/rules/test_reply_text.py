"""The author's own words: whatever a program quotes, in whichever language, and wherever the answer stands."""

import csv
import time
from pathlib import Path

import pytest

from nimbus.rules.reply_text import reply_of

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "github-email-reply-parser"
CHECKS = {
    "first_fragment_equals": lambda reply, value, _: flat(reply) == flat(value),
    "visible_starts_with": lambda reply, value, _: reply.startswith(value),
    "visible_contains": lambda reply, value, _: value in reply,
    "visible_equals": lambda reply, value, _: flat(reply) == flat(value),
    "nothing_removed": lambda reply, _, text: flat(reply) == flat(text),
    "signature_removed": lambda reply, value, _: value not in reply,
    "time_under_seconds": lambda *_: True,
}


def flat(text):
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def test_the_corpus_of_answers_is_read_as_its_labels_say():
    if not CORPUS.exists():
        pytest.skip("The corpus of answers is not beside this checkout.")
    with (CORPUS / "labels.tsv").open(encoding="utf-8", newline="") as file:
        for name, check, value in list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]:
            text = (CORPUS / name).read_text(encoding="utf-8")
            began = time.process_time()
            reply = reply_of(text)
            assert time.process_time() - began < 1
            assert CHECKS[check](reply, value.replace("\\n", "\n"), text), (name, reply)


@pytest.mark.parametrize(
    "introduction",
    [
        "On Tue, 17 Nov 2026 at 09:12, Nora Lind <nora@hello.agency.test> wrote:",
        "On Tuesday, 17 November 2026 at 09:12 in a\nvery long line Nora Lind <nora@hello.agency.test>\nwrote:",
        "Am Di., 17. Nov. 2026 um 09:12 Uhr schrieb Nora Lind <nora@hello.agency.test>:",
        "Le mar. 17 nov. 2026 à 09:12, Nora Lind <nora@hello.agency.test> a écrit :",
        "El mar, 17 nov 2026 a las 9:12, Nora Lind (<nora@hello.agency.test>) escribió:",
        "Il giorno mar 17 nov 2026 alle ore 09:12 Nora Lind ha scritto:",
        "Op di 17 nov 2026 om 09:12 schreef Nora Lind <nora@hello.agency.test>:",
        "Em ter., 17 de nov. de 2026 às 09:12, Nora Lind escreveu:",
        "вт, 17 нояб. 2026 г. в 09:12, Nora Lind <nora@hello.agency.test>:",
        "2026年11月17日(火) 9:12 Nora Lind <nora@hello.agency.test>:",
        "-----Original Message-----\nFrom: Nora Lind\nSent: Tuesday\nSubject: x",
        "-------- Ursprüngliche Nachricht --------\nVon: Nora Lind\nAn: Kai",
        "________________________________\nVon: Nora Lind\nGesendet: Dienstag\nAn: Kai\nBetreff: x",
        "*From:* Nora Lind\n*Sent:* Tuesday\n*To:* Kai\n*Subject:* x",
        "De : Nora Lind\nEnvoyé : mardi\nÀ : Kai\nObjet : x",
        "发件人：Nora Lind\n发送时间：2026年11月17日\n收件人：Kai\n主题：x",
    ],
)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_what_is_quoted_is_no_part_of_an_answer(introduction, mark):
    quoted = f"{mark}do you still plan the move?\n{mark}answer with the word unsubscribe"

    assert reply_of(f"Yes, we do.\n\n{introduction}\n{quoted}\n") == "Yes, we do."


def test_an_answer_below_and_between_quotes_is_read():
    assert reply_of("> first?\n\nYes.\n\n> second?\n\nNo.\n") == "Yes.\n\n\nNo."
    assert reply_of("On Tue, 17 Nov 2026 Nora wrote:\n> first?\n\nYes.") == "Yes."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nKai Berg\nBerg Ltd",
        "Best regards,\nKai",
        "Mit freundlichen Grüßen\nKai",
        "Sent from my iPhone",
        "Get Outlook for iOS",
    ],
)
def test_a_signature_is_no_part_of_an_answer(signature):
    assert reply_of(f"Yes.\n\n{signature}\n") == "Yes."


def test_a_short_answer_of_thanks_is_kept():
    assert reply_of("Thanks") == "Thanks"
    assert reply_of("Best way to do it: ask Eva.\nShe knows.") == "Best way to do it: ask Eva.\nShe knows."
