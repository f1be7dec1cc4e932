"""Pictures for a page: how many and how small, and as PNG data URIs.

Knows nothing of run files.
"""

import base64
import struct
import zlib

import numpy as np

MAX_PER_TARGET = 200
FEW = 24  # pictures are made smaller rather than fewer than this
MAX_SIDE = 128  # pixels
BUDGET = 7_000_000  # bytes of pixels; base64 makes a third more of them


def plan(shape, n_targets):
    """Whole number by which pictures are made smaller, and how many of a target fit in."""
    height, width = shape[:2]
    channels = shape[2] if len(shape) == 3 else 1
    for factor in range(1, max(1, min(height, width) // 16) + 1):
        size = (height // factor) * (width // factor) * channels
        fit = BUDGET // (size * max(1, n_targets))
        if fit >= FEW and max(height, width) // factor <= MAX_SIDE:
            break
    return factor, max(1, min(MAX_PER_TARGET, fit))


def shrink(picture, factor):
    """Means of factor x factor pixels; what is over at the right and bottom is cut off."""
    if factor == 1:
        return picture
    height, width = (side // factor for side in picture.shape[:2])
    cut = picture[: height * factor, : width * factor].astype(float)
    tiles = cut.reshape(height, factor, width, factor, -1).mean((1, 3))
    return np.rint(tiles).astype(np.uint8).reshape((height, width) + picture.shape[2:])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(picture):
    """8-bit picture (H, W) grey or (H, W, 3) RGB as the bytes of a PNG."""
    rows = picture.reshape(len(picture), -1)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    packed = []
    for filter_type, filtered in (0, rows), (2, rows - above):  # 2: difference to the row above
        lines = np.insert(filtered, 0, filter_type, axis=1)
        packed.append(zlib.compress(lines.tobytes(), 9))
    head = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8,
                       2 if picture.ndim == 3 else 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", min(packed, key=len))
            + chunk(b"IEND", b""))


def data_uri(picture):
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode()
