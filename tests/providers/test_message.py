"""What leaves is a correct message: the words come back as they were written, and no line can hurt a server."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nimbus.providers.contract import UnsafeTextError
from nimbus.providers.message import Letter, compose, new_message_id

AT = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
ODD = st.lists(
    st.sampled_from(
        [*"ab ,.;:\"'()<>@[]\\=?_-!", "=?utf-8?q?x?=", "ü", "漢字", "😀", "word ", "\u00a0", "\u2028"]
    ),
    max_size=60,
).map("".join)
WORDS = st.lists(st.from_regex(r"[!-<>-~]{1,30}", fullmatch=True), min_size=1, max_size=30).map(" ".join)


def letter(**changes: object) -> Letter:
    values: dict[str, object] = {
        "sender": "ann@alpha.test",
        "sender_name": "Ann",
        "recipient": "bob@beta.test",
        "subject": "Hello",
        "text": "Hi Bob\n",
        "message_id": "<1@alpha.test>",
        "mark": "42",
        "dated_at": AT,
    }
    return Letter(**(values | changes))


def read(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=policy.default)


def tidy(text: str) -> str:
    """One line, as a header is read: control characters and line ends are blanks, blanks are single."""
    return re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+", " ", text).strip(" ")


def unbroken(text: str) -> str:
    return re.sub("[\r\n\0]", " ", text)


def header(message: bytes, name: str) -> bytes:
    """The header as it stands in the message, unfolded."""
    found = re.search(rb"(?m)^" + name.encode() + rb":(?:.*\r\n)(?:[ \t].*\r\n)*", message)
    assert found
    return re.sub(rb"\r\n(?=[ \t])", b"", found.group())


def test_message_says_who_when_and_what() -> None:
    message = read(
        compose(letter(sender_name="Ann of Alpha", dated_at=AT.astimezone(timezone(timedelta(hours=2)))))
    )

    assert message["From"] == "Ann of Alpha <ann@alpha.test>"
    assert (message["To"], message["Subject"]) == ("bob@beta.test", "Hello")
    assert message["Date"].datetime == AT
    assert (message["Message-ID"], message["X-NimbusOS-Send"]) == ("<1@alpha.test>", "42")
    assert (message["MIME-Version"], message.get_content_type()) == ("1.0", "text/plain")
    assert message.get_content() == "Hi Bob\r\n"
    assert not message.defects


def test_same_values_give_the_same_bytes() -> None:
    assert compose(letter(subject="Grüße " * 30)) == compose(letter(subject="Grüße " * 30))


@settings(max_examples=300, deadline=None)
@given(subject=ANY | ODD | WORDS, name=ANY | ODD | WORDS)
@example(subject="=?utf-8?q?Hidden?=", name='Ann "the =?utf-8?q?boss?=" O\'Neil, Ltd.')
@example(subject="x" * 3000, name="ü" * 3000)
@example(subject="", name="")
@example(subject="", name="0" * 46 + '"' * 4)  # each takes two characters between quotes
@example(subject=f"{'0' * 39} {'0' * 29}, {'0' * 39} {'0' * 38}", name="")  # the library folds it after 79
def test_subject_and_name_come_back_as_they_were_written(subject: str, name: str) -> None:
    raw = compose(letter(subject=unbroken(subject), sender_name=unbroken(name)))

    assert read(raw)["Subject"] == tidy(subject)
    # The library's newer parser puts blanks between the words of a long encoded name; RFC 2047 6.2 has none there.
    shown, address = parseaddr(message_from_bytes(raw)["From"])
    assert (str(make_header(decode_header(shown))), address) == (tidy(name), "ann@alpha.test")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78


@settings(max_examples=300, deadline=None)
@example(subject="0 " * 29 + "0" * 12, name="")
@given(subject=WORDS, name=st.just("") | WORDS.map(lambda words: words[:25].strip()))
def test_plain_headers_are_those_of_the_library(subject: str, name: str) -> None:
    raw = compose(letter(subject=subject, sender_name=name))

    known = EmailMessage(policy=policy.SMTP)
    known["From"] = Address(name, addr_spec="ann@alpha.test")
    known["To"] = Address(addr_spec="bob@beta.test")
    known["Subject"] = subject
    known["Date"] = format_datetime(AT)
    known["Message-ID"] = "<1@alpha.test>"
    for field in known:
        assert header(raw, field) == header(known.as_bytes(), field)


@settings(max_examples=600, deadline=None)
@given(text=ANY | ODD | st.text("a.\r\n \t", max_size=200))
@example(text="x" * 5000)
@example(text="ü" * 5000)
@example(text="a  \n" + "漢字" * 600)
@example(text=".\n..\nFrom here\n")
@example(text="\0\x1b[31m\n")
def test_text_comes_back_and_every_line_is_one_a_server_takes(text: str) -> None:
    raw = compose(letter(text=text))

    unix = re.sub("\r\n|\r", "\n", text)
    body = read(raw).get_payload(decode=True).decode().replace("\r\n", "\n")
    assert body == (unix if unix.endswith("\n") else unix + "\n")
    assert raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    assert b"\0" not in raw


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("A long paragraph. " * 20, "7bit"),
        ("A very long paragraph. " * 60, "quoted-printable"),
        ("Grüße aus München, und noch viele gewöhnliche Wörter dazu.", "quoted-printable"),
        ("こんにちは、世界。" * 5, "base64"),
    ],
)
def test_text_is_encoded_only_as_far_as_it_must_be(text: str, encoding: str) -> None:
    assert read(compose(letter(text=text)))["Content-Transfer-Encoding"] == encoding


@pytest.mark.parametrize("break_", ["\r", "\n", "\0", "\r\nBcc: eve@evil.test"])
@pytest.mark.parametrize("field", ["sender", "sender_name", "recipient", "subject", "message_id", "mark"])
def test_line_break_in_a_header_is_refused(field: str, break_: str) -> None:
    with pytest.raises(UnsafeTextError):
        letter(**{field: f"ann@alpha.test{break_}"})


@pytest.mark.parametrize(
    "address",
    ["", "ann", "a b@c.test", "a@b@c.test", "a,eve@evil.test", "a@b.test>", '"a"@b.test', "a(x)@b.test"],
)
def test_address_that_would_need_quoting_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        compose(letter(recipient=address))


def test_domain_beyond_ascii_travels_in_ascii_and_a_mailbox_name_as_it_is() -> None:
    plain = compose(letter(sender="ann@bücher.test", recipient="bob@bücher.test"))
    beyond = compose(letter(recipient="jürgen@beta.test"))

    assert header(plain, "To") == b"To: bob@xn--bcher-kva.test\r\n"
    assert new_message_id("ann@bücher.test").endswith("@xn--bcher-kva.test>")
    assert header(beyond, "To") == "To: jürgen@beta.test\r\n".encode()


def test_half_a_character_is_replaced() -> None:
    message = read(compose(letter(subject="a\ud83d", sender_name="b\ud83d", text="c\ud83d")))

    assert (message["Subject"], message["From"].addresses[0].display_name) == ("a?", "b?")
    assert message.get_content() == "c?\r\n"


def test_no_two_messages_share_an_id() -> None:
    assert len({new_message_id("ann@alpha.test") for _ in range(1000)}) == 1000


@settings(deadline=None)
@given(text=ANY.filter(str.strip), html=ANY.filter(bool))
@example(text="--=_a\n", html="--=_b--\r\n<p>Hi</p>")
def test_both_versions_come_back_as_they_were_written_the_plain_one_first(text: str, html: str) -> None:
    message = compose(letter(text=text, html=html))

    plain, rich = read(message).iter_parts()
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    for part, written in ((plain, text), (rich, html)):
        unix = re.sub("\r\n|\r", "\n", written)
        assert re.sub("\r\n", "\n", part.get_content()) == (unix if unix.endswith("\n") else f"{unix}\n")
    assert max(map(len, message.split(b"\r\n"))) <= 998
