"""Pictures for the demo's signatures and photos, drawn from a number."""

from __future__ import annotations

import math
import random
import struct
import zlib

WIDTH, HEIGHT = 240, 80
PAPER, INK, WALL = 255, 40, 200


def signature(seed: int) -> bytes:
    """Draw a scribble as a PNG."""
    dice = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    waves = [(dice.uniform(4, 16), dice.uniform(0.03, 0.15), dice.uniform(0, 6)) for _ in range(3)]
    rows = [bytearray([PAPER] * WIDTH) for _ in range(HEIGHT)]
    for step in range((WIDTH - 40) * 4):
        x = 20 + step / 4
        y = HEIGHT / 2 + sum(size * math.sin(pace * x + start) for size, pace, start in waves) / 2
        for thick in (0, 1):
            rows[int(min(max(y, 0), HEIGHT - 2)) + thick][int(x)] = INK
    return _png(rows)


def photo(seed: int) -> bytes:
    """Draw a wall with a crack as a PNG."""
    dice = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    rows = [bytearray(WALL + dice.randrange(12) for _ in range(WIDTH)) for _ in range(HEIGHT)]
    x = dice.randrange(60, WIDTH - 60)
    for row in rows:
        x = min(max(x + dice.randrange(-2, 3), 0), WIDTH - 2)
        row[x] = row[x + 1] = INK
    return _png(rows)


def _png(rows: list[bytearray]) -> bytes:
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    parts = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
