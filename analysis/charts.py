"""Two small charts as inline SVG: a histogram with a window, and a curve.

Colours and fonts are left to the page's style sheet (classes axis, grid, window, bar, missed,
curve), so that charts follow its light and dark looks.  That, and the thousands of charts of a
gallery (matplotlib takes 60 to 100 ms for one, this 1 ms), is why they are drawn here.  Knows nothing
of run files.
"""

import math
from html import escape

import numpy as np

WIDTH, HEIGHT = 400, 270
LEFT, RIGHT, TOP, BOTTOM = 58, 388, 30, 222  # edges of the plot


def number(x):
    """A tick's text."""
    return "%.6g" % (0 if abs(x) < 1e-12 else x)


def ticks(low, high, wanted=5):
    """Round numbers from low to high, about so many."""
    raw = (high - low) / wanted
    unit = 10 ** math.floor(math.log10(raw))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


class Plot:
    """Axes of a chart; marks are added to `parts` in drawing order."""

    def __init__(self, x_range, y_top, x_label, y_label, whole_y):
        (self.x_low, self.x_high), self.y_top = x_range, y_top
        self.labels = x_label, y_label
        self.parts = []
        for y in ticks(0, y_top, min(5, y_top) if whole_y else 5):
            self.line("grid", LEFT, self.y(y), RIGHT, self.y(y))
            self.text(LEFT - 6, self.y(y) + 4, number(y), "end")

    def x(self, value):
        return LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (RIGHT - LEFT)

    def y(self, value):
        return BOTTOM - value / self.y_top * (BOTTOM - TOP)

    def line(self, kind, x1, y1, x2, y2):
        self.parts.append('<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>'
                          % (kind, x1, y1, x2, y2))

    def rect(self, kind, x1, y1, x2, y2, tip=""):
        title = "<title>%s</title>" % escape(tip) if tip else ""
        self.parts.append('<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f">%s</rect>'
                          % (kind, x1, y1, x2 - x1, y2 - y1, title))

    def text(self, x, y, text, anchor="middle", more=""):
        self.parts.append('<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>'
                          % (x, y, anchor, more, escape(text)))

    def mark(self, x, text):
        """Words above the plot at x, kept inside the picture."""
        half = 3.6 * len(text)
        self.text(min(max(self.x(x), LEFT + half), RIGHT - half), TOP - 9, text)

    def svg(self, alt):
        middle = (TOP + BOTTOM) / 2
        for x in ticks(self.x_low, self.x_high):
            self.line("axis", self.x(x), BOTTOM, self.x(x), BOTTOM + 5)
            self.text(self.x(x), BOTTOM + 19, number(x))
        self.line("axis", LEFT, BOTTOM, RIGHT, BOTTOM)
        self.text((LEFT + RIGHT) / 2, HEIGHT - 7, self.labels[0])
        self.text(15, middle, self.labels[1], more=' transform="rotate(-90 15 %.1f)"' % middle)
        return ('<svg viewBox="0 0 %d %d" role="img" aria-label="%s">%s</svg>'
                % (WIDTH, HEIGHT, escape(alt), "".join(self.parts)))


def visible_range(values, window):
    """Range over the values and the window, or the part of it near them if it is far wider."""
    low, high = values.min(), values.max()
    if low < window[0] or high > window[1]:  # what missed the window: show how far it is off
        ends = [edge for edge in window if math.isfinite(edge)] + [low, high]
        return min(ends), max(ends)
    room = max(high - low, 1e-3 * max(abs(low), abs(high)), 1e-9)
    return max(window[0], low - room), min(window[1], high + room)


def bin_edges(values, window):
    """Equal bins; the window's edges are bin edges, so that no bar lies across them."""
    left, right = visible_range(values, window)
    least = 1e-6 * max(1, abs(left), abs(right))  # of a window that is a point
    width = max((right - left) / (24 if len(values) > 40 else 12), least)
    anchor = window[0] if window[0] >= left else window[1] if window[1] <= right else left
    if left <= window[0] and width <= window[1] - window[0] <= right - left:
        width = (window[1] - window[0]) / round((window[1] - window[0]) / width)
    first = math.floor((left - anchor) / width + 1e-6)
    last = max(first + 1, math.ceil((right - anchor) / width - 1e-6))
    return anchor + width * np.arange(first, last + 1)


def draw_window(plot, window, words):
    """Shade the window and mark the edges that lie in the plot."""
    low, high = (min(max(w, plot.x_low), plot.x_high) for w in window)
    plot.rect("window", plot.x(low), TOP, plot.x(high), BOTTOM)
    for edge in window:
        if plot.x_low <= edge <= plot.x_high:
            plot.line("edge", plot.x(edge), TOP, plot.x(edge), BOTTOM)
    plot.mark((low + high) / 2, "window " + words)


def histogram(accepted, missed, window, x_label, words):
    """Counts of the accepted values and, hollow and on top of them, of those that missed.  The window
    may be infinite on a side; `words` say it."""
    edges = bin_edges(np.concatenate([accepted, missed]), window)
    # Bins hold their lower edge; the window holds its upper one, too.
    inner = np.maximum(window[0], np.minimum(accepted, window[1] - 1e-6 * (edges[1] - edges[0])))
    counts, others = (np.histogram(np.clip(v, edges[0], edges[-1]), edges)[0]
                      for v in (inner, missed))  # clipped for rounding's sake
    margin = 0.02 * (edges[-1] - edges[0])
    x_range = edges[0] - margin, edges[-1] + margin
    plot = Plot(x_range, 1.05 * max(1, (counts + others).max()), x_label, "number of samples", True)
    draw_window(plot, window, words)
    for a, b, n, m in zip(edges[:-1], edges[1:], counts, others):
        left, right = plot.x(a) + 0.7, plot.x(b) - 0.7
        where = "%.4g to %.4g: " % (a, b)
        if n:
            plot.rect("bar", left, plot.y(n), right, BOTTOM, where + "%d accepted" % n)
        if m:
            plot.rect("missed", left, plot.y(n + m), right, plot.y(n),
                      where + "%d not accepted" % m)
    return plot.svg("Histogram, %s. %d accepted samples%s; %d not accepted; window %s."
                    % (x_label, len(accepted),
                       " from %.4g to %.4g" % (accepted.min(), accepted.max()) if len(accepted)
                       else "", len(missed), words))


def curve(x, y, x_label, y_label, seeds):
    """y over x with its last value written at the end, and where the seed block ends."""
    y_top = 1.15 * float(np.max(y)) or 1.0  # 0 if all samples are the same
    plot = Plot((0, float(x[-1])), y_top, x_label, y_label, False)
    if x[0] < seeds < x[-1]:
        plot.line("edge", plot.x(seeds), TOP, plot.x(seeds), BOTTOM)
        plot.mark(seeds, "seed block: n = %d" % seeds)
    points = " ".join("%.1f,%.1f" % (plot.x(a), plot.y(b)) for a, b in zip(x, y))
    plot.parts.append('<polyline class="curve" points="%s"/>' % points)
    plot.parts.append('<circle class="end" cx="%.1f" cy="%.1f" r="3.5"/>'
                      % (plot.x(x[-1]), plot.y(y[-1])))
    plot.text(RIGHT - 2, plot.y(y[-1]) + 20, "%.4g" % y[-1], "end")
    return plot.svg("Curve, %s over %s: %.4g at n = %d, %.4g at n = %d."
                    % (y_label, x_label, y[0], x[0], y[-1], x[-1]))
