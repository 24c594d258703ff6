"""Mail as no program writes it: real messages with pieces lost, doubled, moved or put in. The same seed, the same mail."""

import random
from collections.abc import Callable, Iterator

_PIECES = (
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"=?utf-8?q?",
    b"=?gb2312?B?zfU=?=",
    b"Content-Type: multipart/mixed; boundary=\r\n",
    b"Content-Type: message/delivery-status\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b'; charset="x-unknown"',
    b"Final-Recipient: rfc822;",
    b"Status: 9.9.9\r\n",
    b"Feedback-Type: abuse\r\n",
    b"Date: Fri, 99 Abc 99999 99:99:99 +9999\r\n",
    b"until 31.02.2026",
    b"until 30.11.0000",
    b"<" * 300,
    b'"' * 300,
    b"(" * 300,
    b"a@b.test," * 300,
    b"--=_part_7731--\r\n",
    b"\xe5\xb9\xb4\xe6\x9c\x88\xe6\x97\xa5",
    b"> " * 200,
)
_MOST_BYTES = 20_000  # of a message that is changed: longer ones have nothing more to break


def mutations(mail: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """So many messages, each of them changed in up to eight places."""
    chance = random.Random(seed)
    for number in range(count):
        raw = mail[number % len(mail)][:_MOST_BYTES]
        for _ in range(chance.randrange(1, 9)):
            raw = _changed(raw, chance, mail)
        yield raw


def _changed(raw: bytes, chance: random.Random, mail: list[bytes]) -> bytes:
    at, length = chance.randrange(len(raw) + 1), chance.choice((1, 2, 8, 60, 400))
    before, piece, after = raw[:at], raw[at : at + length], raw[at + length :]
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: before + after,
        lambda: before + chance.choice(_PIECES) + piece + after,
        lambda: before + chance.randbytes(length) + after,
        lambda: before + piece * chance.choice((2, 30)) + after,
        lambda: before + chance.choice(mail)[chance.randrange(4000) : _MOST_BYTES],
        lambda: _shuffled(raw, chance),
        lambda: before + piece.swapcase() + after,
    )
    return chance.choice(ways)()


def _shuffled(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)
