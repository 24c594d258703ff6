"""A password that is looked for everywhere afterwards, in whatever form it may have been carried or escaped."""

import base64
import zlib
from pathlib import Path

from redis import Redis

_CORE = "Kanarienvogel-7hQx2"  # survives every escaping as it is
CANARY = f'Grüße "{_CORE}\\ &<9'


def forms(core: str = _CORE) -> set[bytes]:
    """The core as it is, in hex, and in the three ways in which base64 can show it within a longer text."""
    raw = core.encode()
    shifted = (base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4] for shift in range(3))
    return {raw, raw.hex().encode(), *shifted}


def found_in(data: bytes) -> list[bytes]:
    """The forms of the canary that these bytes hold."""
    return [form for form in forms() if form in data]


def everything_in_files(directory: Path) -> bytes:
    """Every byte below a directory: the database with its log, and what else is kept there."""
    return b"\n".join(file.read_bytes() for file in directory.rglob("*") if file.is_file())


def everything_in_queue(queue: Redis) -> bytes:
    """Every key and value, also as they are once unpacked."""
    readers = {
        b"string": lambda key: [queue.get(key)],
        b"hash": lambda key: [part for pair in queue.hgetall(key).items() for part in pair],
        b"list": lambda key: queue.lrange(key, 0, -1),
        b"set": queue.smembers,
        b"zset": lambda key: queue.zrange(key, 0, -1),
    }
    keys = list(queue.scan_iter())
    values = [value for key in keys for value in readers[queue.type(key)](key)]
    return b"\n".join([*keys, *values, *map(_unpacked, values)])


def _unpacked(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return b""
