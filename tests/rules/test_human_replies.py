"""What a person's answer says, and that the most protective reading wins."""

import pytest

from nimbus.rules.human_replies import read_reply
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.unsubscribe import opt_out_line


@pytest.mark.parametrize(
    ("words", "reply_class"),
    [
        ("Yes, tell me more.", ReplyClass.INTERESTED),
        ("How much is it?", ReplyClass.INTERESTED),
        ("Can we have a call on Monday?", ReplyClass.INTERESTED),
        ("Sure", ReplyClass.INTERESTED),
        ("Klingt interessant, bitte mehr Infos.", ReplyClass.INTERESTED),
        ("Cela m'intéresse.", ReplyClass.INTERESTED),
        ("Not at the moment, please come back in spring.", ReplyClass.NOT_NOW),
        ("Derzeit leider nicht.", ReplyClass.NOT_NOW),
        ("We are not interested.", ReplyClass.NOT_INTERESTED),
        ("No thanks!", ReplyClass.NOT_INTERESTED),
        ("Kein Bedarf, danke.", ReplyClass.NOT_INTERESTED),
        ("No nos interesa.", ReplyClass.NOT_INTERESTED),
        ("You have the wrong person.", ReplyClass.WRONG_PERSON),
        ("I am not responsible for this, please contact Eva Holm.", ReplyClass.WRONG_PERSON),
        ("Dafür bin ich nicht der richtige Ansprechpartner.", ReplyClass.WRONG_PERSON),
        ("Please take me off your list.", ReplyClass.UNSUBSCRIBE),
        ("Stop emailing me", ReplyClass.UNSUBSCRIBE),
        ("remove", ReplyClass.UNSUBSCRIBE),
        ("Please stop.", ReplyClass.UNSUBSCRIBE),
        ("Not interested, please remove", ReplyClass.UNSUBSCRIBE),
        ("I am no longer interested", ReplyClass.NOT_INTERESTED),
        ("Yes, but later this year", ReplyClass.NOT_NOW),
        ("Forwarding to Anna, who runs purchasing.", ReplyClass.WRONG_PERSON),
        ("Let me think about it and get back to you.", ReplyClass.OTHER),
        ("Bitte abmelden.", ReplyClass.UNSUBSCRIBE),
        ("Désabonnez-moi", ReplyClass.UNSUBSCRIBE),
        ("Отпишите меня", ReplyClass.UNSUBSCRIBE),
        ("请退订", ReplyClass.UNSUBSCRIBE),
        ("I reported your mail as spam.", ReplyClass.COMPLAINT),
        ("Our lawyers will write to you, this is a GDPR violation.", ReplyClass.COMPLAINT),
        ("Thanks, I will read it.", ReplyClass.OTHER),
        ("", ReplyClass.OTHER),
    ],
)
def test_an_answer_has_its_class(words, reply_class):
    assert read_reply("Re: hello", words).reply_class is reply_class


@pytest.mark.parametrize(
    ("words", "reply_class"),
    [
        ("Sounds interesting, but please remove me from your list.", ReplyClass.UNSUBSCRIBE),
        ("Unsubscribe me or I will take legal action.", ReplyClass.COMPLAINT),
        ("I am interested but not right now.", ReplyClass.NOT_NOW),
        ("I am not interested.", ReplyClass.NOT_INTERESTED),
    ],
)
def test_the_most_protective_reading_wins(words, reply_class):
    assert read_reply("Re: hello", words).reply_class is reply_class


def test_a_subject_alone_can_ask_for_no_more_mail():
    assert read_reply("unsubscribe", "").reply_class is ReplyClass.UNSUBSCRIBE
    assert read_reply(
        "Re: unsubscribe rates", "Tell me more about them, I am interested in it."
    ).reply_class is (ReplyClass.INTERESTED)


@pytest.mark.parametrize("link", [None, "https://nimbus.example/u/1"])
def test_our_own_line_about_unsubscribing_is_nobodys_wish(link):
    answer = f"Yes, tell me more. Nora wrote: {opt_out_line(link)}"

    assert read_reply("Re: hello", answer).reply_class is ReplyClass.INTERESTED


def test_who_only_says_spam_is_not_sure_to_complain():
    assert (
        read_reply("", "This is spam").confidence < 0.9 <= read_reply("", "I marked this as spam").confidence
    )


def test_the_words_that_decided_are_shown():
    assert read_reply("", "Hello, no thanks.").fact.value == "no thanks"
