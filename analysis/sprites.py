"""Pictures for pages: many in one file (a sprite sheet), of which a page shows pieces.

Knows no run files.  A browser opens one file faster than hundreds, and a page with everything in
it needs each only once.
"""

import base64
import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

FEW = 24  # pictures are made smaller rather than fewer than this
MAX_SIDE = 128  # pixels
EXACT_SIDE = 64  # up to here pictures are kept pixel by pixel; larger ones are photographs
BUDGET = 7_000_000  # bytes of pixels in a page; base64 makes a third more of them
LOSSY_SAVES = 4  # a WebP of this quality takes less than a quarter of its pixels
QUALITY = 90
GAP = 1  # pixels between pictures, so that none shows at its neighbour's edge when zoomed
GREY_LEVEL = 128  # of the gap


@dataclass
class Sprite:
    """A sheet and where things are on it: picture i is at column i % columns, row i // columns,
    with a gap on its right and below it."""

    mime: str
    data: bytes
    columns: int
    picture: tuple  # width, height of a picture
    size: tuple  # width, height of the sheet

    def uri(self):
        return "data:%s;base64,%s" % (self.mime, base64.b64encode(self.data).decode())

    def extension(self):
        return self.mime.split("/")[1]

    def geometry(self):
        """What a page needs to know of it, for JSON."""
        return {"columns": self.columns, "width": self.picture[0], "height": self.picture[1],
                "gap": GAP, "sheet": list(self.size)}


def is_lossy(shape, factor):
    return len(shape) == 3 and max(shape[:2]) // factor > EXACT_SIDE


def plan(shape, n_targets, most, budget=BUDGET):
    """Whole number by which pictures are made smaller, and how many of each target fit in."""
    height, width = shape[:2]
    channels = shape[2] if len(shape) == 3 else 1
    for factor in range(1, max(1, min(height, width) // 16) + 1):
        size = math.ceil(height / factor) * math.ceil(width / factor) * channels
        fit = budget * (LOSSY_SAVES if is_lossy(shape, factor) else 1) // (size * max(1, n_targets))
        if fit >= min(most, FEW) and max(height, width) // factor <= MAX_SIDE:
            break
    return factor, max(1, min(most, fit))


def make(pictures, factor):
    """The Sprite of pictures (n, H, W) grey or (n, H, W, 3) RGB, each made smaller by the mean of
    factor x factor pixels."""
    small = [Image.fromarray(picture).reduce(factor) for picture in pictures]
    width, height = small[0].size
    columns = math.ceil(math.sqrt(len(small)))
    rows = math.ceil(len(small) / columns)
    sheet = Image.new(small[0].mode, (columns * (width + GAP), rows * (height + GAP)),
                      GREY_LEVEL if small[0].mode == "L" else (GREY_LEVEL,) * 3)
    for i, picture in enumerate(small):
        sheet.paste(picture, (i % columns * (width + GAP), i // columns * (height + GAP)))
    lossy = is_lossy(np.shape(pictures)[1:], factor)
    out = io.BytesIO()
    if lossy:
        sheet.save(out, "WEBP", quality=QUALITY)
    else:
        sheet.save(out, "PNG")
    return Sprite("image/webp" if lossy else "image/png", out.getvalue(), columns, (width, height),
                  sheet.size)
