"""Mail that has brought parsers down, or could: too deep, too wide, too long, or lying about itself."""

from collections.abc import Callable

_HEAD = b"From: a@evil.test\r\nTo: nora@hello.agency.test\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
_MIB = 1024 * 1024


def _nested(levels: int) -> bytes:
    opens = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
        for level in range(levels)
    )
    closes = b"".join(b"\r\n--b%d--" % level for level in reversed(range(levels)))
    return _HEAD + opens + b"Content-Type: text/plain\r\n\r\nthe bottom\r\n" + closes


def _nested_messages(levels: int) -> bytes:
    return _HEAD + b"Content-Type: message/rfc822\r\n\r\n" * levels + b"Subject: x\r\n\r\ntext\r\n"


def _text(body: bytes, kind: bytes = b"text/plain") -> bytes:
    return _HEAD + b"Content-Type: " + kind + b"\r\n\r\n" + body


def _boundaries(line: bytes) -> bytes:
    return _HEAD + b'Content-Type: multipart/mixed; boundary="-"\r\n\r\n' + line * (_MIB // len(line))


def _bounce(body: bytes) -> bytes:
    head = b"Return-Path: <>\r\nFrom: MAILER-DAEMON@evil.test\r\nSubject: Undeliverable\r\n"
    return head + b"Content-Type: text/plain\r\n\r\n550 user unknown\r\n" + body


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a thousand levels of multiparts": lambda: _nested(1000),
    "a thousand messages in messages": lambda: _nested_messages(1000),
    "a hundred thousand addresses": lambda: (
        b"To: "
        + b",\r\n ".join(b"Name %d <a%d@evil.test>" % (n, n) for n in range(100_000))
        + b"\r\n"
        + _text(b"x")
    ),
    "five thousand comments in From": lambda: b"From: " + b"(" * 5000 + b"a@evil.test\r\n" + _text(b"x"),
    "quotes without an end": lambda: b"To: " + b'"\\' * 40_000 + b"\r\n" + _text(b"x"),
    "a hundred thousand headers": lambda: b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + _text(b"x"),
    "one header of a megabyte": lambda: b"Subject: " + b"=?utf-8?q?" * (_MIB // 10) + b"\r\n" + _text(b"x"),
    "folded without an end": lambda: b"Subject: a\r\n" + b" \r\n" * 300_000 + _text(b"x"),
    "an unknown charset": lambda: _text(b"caf\xe9", b'text/plain; charset="x-nobody-knows"'),
    "a charset that is none": lambda: _text(b"caf\xe9 " * 100_000, b'text/plain; charset="punycode"'),
    "a charset with a NUL": lambda: _text(b"caf\xe9", b'text/plain; charset="utf\0-8"'),
    "bare carriage returns": lambda: _text(b"one\rtwo\r.\r\rthree\r" * 50_000).replace(b"\r\n", b"\r"),
    "40 MB of attachment": lambda: (
        _HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee there\r\n'
        + b"--b\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + (b"A" * 76 + b"\r\n") * (40 * _MIB // 78)
    ),
    "40 MB of empty lines": lambda: _text(b"\n" * (40 * _MIB)),
    "40 MB in one line": lambda: _text(b"x" * (40 * _MIB)),
    "40 MB of headers": lambda: b"X: y\r\n" * (40 * _MIB // 6),
    "a megabyte of boundaries": lambda: _boundaries(b"---\r\n"),
    "a megabyte of what is nearly a boundary": lambda: _boundaries(b"---x\r\n"),
    "a megabyte of open tags": lambda: _text(b"<" * _MIB, b"text/html"),
    "a megabyte of quoted elements": lambda: _text(b"<blockquote>" * (_MIB // 12), b"text/html"),
    "a megabyte of broken entities": lambda: _text(b"&#1114112;&" * (_MIB // 11), b"text/html"),
    "a megabyte of comments": lambda: _text(b"<!--" * (_MIB // 4), b"text/html"),
    "a bounce of a megabyte of addresses": lambda: _bounce(b"<a@b.test> 550 no\r\n" * (_MIB // 19)),
    "a bounce of a megabyte without a space": lambda: _bounce(b"a@" * (_MIB // 2)),
    "a bounce of header lines": lambda: _bounce(b"Received: x\r\n" * (_MIB // 13)),
    "a bounce whose line has no end": lambda: _bounce(b"could not " * (_MIB // 10)),
    "a quote of a megabyte": lambda: _text(b">" * _MIB + b"\r\nOn Monday Ann wrote:\r\n" * 1000),
    "introductions without a quote": lambda: _text(b"On 1 2 3 4:5 a@b.test wrote:\r\n" * 30_000),
    "nothing at all": lambda: b"",
    "one NUL": lambda: b"\0",
    "every byte": lambda: bytes(range(256)) * 4000,
}
