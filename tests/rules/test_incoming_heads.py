"""What headers say before a body is asked for."""

import time

import pytest

from nimbus.rules.incoming import IDS_KEPT, LINE_KEPT
from nimbus.rules.incoming_heads import Heading, Interest, Known, address_in, interest

KNOWN = Known("ava@acme.test", frozenset({"<ours@acme.test>"}), frozenset({"bob@beta.test"}))


def heading(**fields):
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items()]
    return Heading.read("".join(lines).encode(), "inbox:1:1")


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"From": "bob@beta.test"}, Interest.READ),
        ({"From": "eve@else.test", "In_Reply_To": "<ours@acme.test>"}, Interest.READ),
        ({"From": "eve@else.test", "References": "<a@x.test> <ours@acme.test>"}, Interest.READ),
        ({"From": "MAILER-DAEMON@mx.test"}, Interest.READ),
        ({"From": "x@mx.test", "Return_Path": "<>"}, Interest.READ),
        ({"From": "x@mx.test", "Content_Type": "multipart/report; report-type=x"}, Interest.READ),
        ({"From": "x@mx.test", "X_Failed_Recipients": "a@b.test"}, Interest.READ),
        ({"From": "eve@else.test", "Subject": "unsubscribe"}, Interest.READ),
        ({"From": "eve@else.test", "X_NimbusOS_Test": "a.b"}, Interest.READ),
        ({"From": "eve@else.test", "Subject": "Lunch?"}, Interest.NONE),
        ({"From": "Ava <AVA@acme.test>"}, Interest.OWN),
        ({"From": "eve@else.test", "Message_ID": "<ours@acme.test>"}, Interest.OWN),
        ({}, Interest.NONE),
    ],
)
def test_a_body_is_asked_for_only_where_it_can_matter(fields, what):
    assert interest(heading(**fields), KNOWN) is what


def test_a_message_is_the_same_wherever_it_is_listed_again():
    raw = b"Message-ID: <1@beta.test>\r\nFrom: bob@beta.test\r\n"

    assert Heading.read(raw, "inbox:1:1").identity == Heading.read(raw, "spam:9:4").identity


def test_messages_without_an_id_are_told_apart_by_their_headers_and_those_without_any_by_their_key():
    assert heading(Subject="a").identity != heading(Subject="b").identity
    assert Heading.read(b"", "inbox:1:1").identity != Heading.read(b"", "inbox:1:2").identity


def test_encoded_and_folded_words_are_read_and_broken_ones_are_shown_as_they_came():
    assert heading(Subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n an alle").subject == "Grüße an alle"
    assert heading(Subject="=?nonsense?q?abc?=").subject == "=?nonsense?q?abc?="


def test_nothing_is_longer_than_it_may_be_and_no_character_hides():
    found = heading(
        Subject="x" * 9000,
        From=f"{'a' * 9000}@b.test",
        References=" ".join(f"<{n}@x.test>" for n in range(99)),
    )

    assert (len(found.subject), len(found.refers_to)) == (LINE_KEPT, IDS_KEPT)
    assert found.refers_to[0] == "<0@x.test>"
    assert "\x00" not in heading(Subject="a\x00\u202eb").subject


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ('"Bob, the <b@x.test>" <bob@beta.test>', "bob@beta.test"),
        ("bob@beta.test (Bob)", "bob@beta.test"),
        ("nobody", ""),
        ("(" * 5000 + "bob@beta.test", ""),
    ],
)
def test_the_address_is_found_without_a_parser_that_can_be_led_astray(value, address):
    begun = time.process_time()

    assert address_in(value[:4000]) == address
    assert time.process_time() - begun < 0.5
