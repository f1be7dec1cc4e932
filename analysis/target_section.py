"""A page's section on one target: words, contact sheet, map, neighbours, charts and cost."""

import json
from html import escape

import numpy as np

import charts
import geometry
from invset_run import ACCEPTED, ACTIVATION, NOT_REACHED, OUTSIDE
from sprites import GAP
from words import (chain_name, count_of, neuron_names, per, quantity_name, short, table, unit_names,
                   window_text, windows_of)

MOST_CHAINS = 10  # with a row of their own
MOST_IN_SPREAD = 2000  # samples; work and memory grow with the square of it
# A list of the data ("-": highest first), its words, the list that is written below, its words.
SORTS = (
    ("activation", "activation, lowest first", "activation", "activation"),
    ("-activation", "activation, highest first", "activation", "activation"),
    ("spread", "spread: each the farthest from those before", "activation", "activation"),
    ("-gap", "distance to the nearest sample, farthest first", "gap",
     "distance to the nearest sample, encoder units"),
    ("-steps", "work, most first", "steps", "sample-steps"),
    ("slot", "slot, as in the run file", "activation", "activation"))

LARGE_VIEW = """<dialog id=large aria-label="One sample, large">
<div class=bar><button type=button class=back aria-label="previous sample">◀</button>
<button type=button class=on aria-label="next sample">▶</button>
<strong class=title></strong><button type=button class=close aria-label="close">✕</button></div>
<div class=columns><div class=holder></div><div><table class=numbers></table></div></div>
<div class=around></div>
<h3>Read it with h5py</h3><pre class=slice></pre>
<p><button type=button class=copy>Copy these lines</button> <span class=copied role=status></span>
<p class=soft>Arrow keys go to the samples beside it, in the order of the sheet; Escape closes.
</dialog>"""


def section(target, shown, url, real_url=None):
    """HTML of the whole section; `url` is the address of the sprite of the Shown, which may be
    None, and `real_url` that of its real pictures."""
    goals = ", ".join("%s %s" % ("" if name == target.label else name, window)
                      for name, window in zip(unit_names(target), windows_of(target, "from ")))
    head = ('<section id="target-%d" class=target><h2>%s <small>%s</small></h2><p>%s</p>'
            % (target.number, escape(target.label), escape(goals), sentences(target)))
    if not shown:
        return head + reach_table(target) + "</section>"
    panels = histograms(target) + [spread(target), cost(target), reach_table(target)]
    return ("%s%s%s<div class=beside>%s%s</div><h3>Activation, spread and cost</h3>"
            "<div class=panels>%s</div>%s</section>"
            % (head, style(shown, url, real_url), sheet(target, shown), sample_map(shown),
               neighbours(shown), "".join(panels), data(shown)))


def style(shown, url, real_url):
    rules = ".%s{background-image:url(%s)}" % (shown.data["sprite"]["name"], url)
    if shown.real_sprite:
        rules += ".%s{background-image:url(%s)}" % (shown.data["realSprite"]["name"], real_url)
    return "<style>%s</style>" % rules


def data(shown):
    """The samples for web/target.js.  No text in it can end the script element."""
    text = json.dumps(shown.data, separators=(",", ":"), ensure_ascii=False)
    return ('<script type="application/json" class=data>%s</script>'
            % text.replace("<", "\\u003c"))


def still(shown, place, side):
    """A picture that needs no script."""
    sprite = shown.sprite
    zoom = side / max(sprite.picture)
    x, y = (place % sprite.columns, place // sprite.columns)
    step = [(length + GAP) * zoom for length in sprite.picture]
    return ('<span class="picture %s" style="width:%.4gpx;height:%.4gpx;'
            'background-size:%.6gpx %.6gpx;background-position:%.6gpx %.6gpx"></span>'
            % ((shown.data["sprite"]["name"],) + tuple(length * zoom for length in sprite.picture)
               + tuple(length * zoom for length in sprite.size) + (-x * step[0], -y * step[1])))


def samples_name(target):
    """What target.samples() are."""
    return "samples" if target.run.keeps_outside else "accepted samples"


def sheet(target, shown):
    n, n_shown = len(target.samples()), len(shown.slots)
    if n:
        head, text = samples_name(target).capitalize(), "All %d." % n
        if n_shown < n:
            text = "%d of the %d, evenly chosen by activation." % (n_shown, n)
    else:
        head = "Best attempts, none of them accepted"
        text = "Those whose activation is nearest to the window."
    if (target.status[shown.slots] == OUTSIDE).any():
        text += " Framed: not in the window."
    if shown.factor > 1:
        text += " They are shown at 1/%d of their size." % shown.factor
    options = "".join(
        '<option value="%s" data-below="%s" data-words="%s">%s' % (key, below, words, name)
        for key, name, below, words in SORTS if key.strip("-") in shown.data)
    units = unit_names(target)
    which = "" if len(units) == 1 else (
        "<label>of <select name=neuron>%s</select></label> " % "".join(
            "<option value=%d>%s" % (m, escape(unit)) for m, unit in enumerate(units)))
    values = target.activation[shown.slots]
    low, high = (short(float(edge)) for edge in (np.nanmin(values), np.nanmax(values)))
    return (
        "<h3>%s</h3><p class=soft>%s Choose a picture (click, or Enter; arrow keys move) to see it "
        "large with its numbers.</p><form class=tools>"
        "<label>Sort by <select name=sort>%s</select></label> "
        "<label>Activation from <input name=low type=number step=any placeholder=\"%s\"></label> "
        "<label>to <input name=high type=number step=any placeholder=\"%s\"></label> "
        "%s<button type=reset>All</button> <output class=count></output></form>"
        "<ul class=sheet></ul>"
        "<noscript><p>Sorting and the large view need JavaScript.</p>"
        '<div class="picture %s" role=img aria-label="all shown samples of %s" '
        'style="width:%dpx;height:%dpx"></div></noscript>'
        % (head, text, options, low, high, which, shown.data["sprite"]["name"],
           escape(target.label), *shown.sprite.size))


def sample_map(shown):
    if "maps" not in shown.data:
        return ""
    names = {"pca": "PCA", "tsne": "t-SNE"}
    choices = "".join(
        "<label><input type=radio name=map-%d value=%s%s> %s</label> "
        % (shown.data["number"], key, " checked" if key == "pca" else "", names[key])
        for key in shown.data["maps"])
    return ("<div><h3>Map of the encodings</h3><figure class=map><div class=tools>%s</div>"
            "<div class=plane><div class=points><span class=scale></span></div></div>"
            "<figcaption></figcaption></figure></div>"
            % choices)


def neighbours(shown):
    if "near" not in shown.data:
        return ""
    real = "<th scope=col class=words>Nearest real pictures" if shown.real_sprite else ""
    return ("<div><h3>Nearest neighbours</h3><p class=soft>Of the samples that lie farthest apart; "
            "any other’s are in its large view. Numbers are Euclidean distances of encodings, in the "
            "units of the encoder’s output.</p><div class=scroll role=region tabindex=0 "
            "aria-label='Nearest neighbours'><table><thead><tr><th scope=col class=words>Sample"
            "<th scope=col class=words>Nearest samples%s<tbody class=neighbours></table></div>"
            "</div>"
            % real)


def reach_table(target):
    """What ascents reached, if the run looked for it."""
    if np.isnan(target.reach).all():
        return ""
    rows = [[escape(name), "%d" % np.isfinite(found).sum(), short(np.nanmax(found)),
             short(np.nanmedian(found)), short(np.nanmin(found))]
            for name, found in zip(neuron_names(target), target.reach) if np.isfinite(found).any()]
    return "<div>%s</div>" % table(
        ["<Neuron", "Starts", "Highest", "Median", "Lowest"], rows,
        "Reach: the largest activation that gradient ascents from so many starts came to.")


def missed_sentence(target, others):
    """How near to the window the best of the slots came that were not reached; there may be others
    that were."""
    slot = target.by_gap(NOT_REACHED)[0]
    of = " of the others" if others else ""
    if len(target.neurons) == 1:
        best = float(target.activation[slot, 0])
        found = ("The best %s%s is %s, %s the window." % (quantity_name(target, 0), of, short(best),
                                                          where_is(best, target.windows[0])))
    else:
        found = "All neurons must be in their windows at once. The nearest attempt%s: %s." % (
            of, ", ".join("%s %s, %s its window" % (escape(name), short(float(value)),
                                                    where_is(float(value), window))
                          for name, value, window in zip(
                              neuron_names(target), target.activation[slot], target.windows)))
    return ("%s Perhaps no picture within the bounds of the code (sampling.code_min, code_max) gets "
            "there, or starts were given up too early (sampling.max_steps, max_starts)." % found)


def where_is(value, window):
    low, high = window
    return ("%.4g below" % (low - value) if value < low else
            "%.4g above" % (value - high) if value > high else "inside")


def sentences(target):
    n, n_missed = len(target.accepted()), int((target.status == NOT_REACHED).sum())
    texts = []
    if target.outcome() == "not finished":
        texts.append("Not finished: %d of %s are there." % (target.n_blocks_done,
                                                            count_of(target.n_blocks, "block")))
    if n:
        values = target.activation[target.accepted(), 0].astype(float)
        of = " of " + escape(neuron_names(target)[0]) if len(target.neurons) > 1 else ""
        numbers = tuple(map(short, (values.mean(), values.std(), values.min(), values.max())))
        texts.append("%d of %s accepted. %s%s: mean %s, standard deviation %s, lowest %s, "
                     "highest %s." % ((n, count_of(len(target.status), "sample"),
                                    quantity_name(target, 0).capitalize(), of) + numbers))
    if not target.has_windows():
        texts.append(unknown_window(target))
    if n_missed:
        outcome, n_in = ("Partly reached", n) if n else ("Not reached", "none")
        texts.append("<strong>%s:</strong> of %s tried, %s got into the window. %s"
                     % (outcome, count_of(n + n_missed, "sample"), n_in,
                        missed_sentence(target, n > 0)))
    n_outside = int((target.status == OUTSIDE).sum())
    if n_outside:
        texts.append("Not in the window: %s, which the method %s keeps, too."
                     % (count_of(n_outside, "sample"), escape(target.run.method)))
    return " ".join(texts)


def unknown_window(target):
    if not target.out_of_reach():
        return "The window is relative to what the neuron can reach, which is not known yet."
    best = target.highest_activation()
    found = "" if np.isnan(best) else " The highest activation that was found is %s." % short(best)
    return ("<strong>Out of reach:</strong> no start of a gradient ascent brought the activation "
            "above 0, so there is no window and no sample.%s" % found)


def axis_label(target, m):
    """Of neuron number m, short enough for a chart."""
    label = ("activation of %s, before softmax" if target.quantities[m] == ACTIVATION else
             "probability of %s")
    full = label % neuron_names(target)[m]
    return full if len(full) <= 52 else label % unit_names(target)[m]


def histograms(target):
    """One figure for each neuron."""
    figures = []
    accepted, missed = target.status == ACCEPTED, target.status == NOT_REACHED
    missed |= target.status == OUTSIDE
    text = "How many samples have which activation. The window is shaded, its edges are dashed."
    if missed.any():
        text += " Filled: accepted. Hollow: %s." % (
            "not in the window" if target.run.keeps_outside else "not reached (the best attempt)")
    for m, window in enumerate(target.windows):
        values = target.activation[:, m]
        finite = np.isfinite(values)  # an attempt may have failed with no number as its result
        if not finite.any() or np.isnan(window).any():
            continue
        svg = charts.histogram(values[accepted & finite], values[missed & finite], window,
                               axis_label(target, m), window_text(window, target.quantities[m]))
        figures.append("<figure>%s<figcaption>%s</figcaption></figure>" % (svg, text))
    return figures


def spread(target):
    """Figure of how far apart the samples are."""
    slots, name = target.samples()[:MOST_IN_SPREAD], samples_name(target)
    if not target.run.with_encodings:
        return ("<p class=soft>How far apart the samples are cannot be shown: the run was made "
                "without encodings (output.encodings = false).</p>")
    if len(slots) < 3:
        return ""
    n, means = geometry.growth(geometry.distances(target.encodings(slots)))
    points = geometry.spread_over(np.arange(len(n)), 300)
    n_seeds = int((target.chain[slots] < 0).sum())
    svg = charts.curve(n[points], means[points], "n, number of " + name,
                       "mean pair distance (encoder units)", n_seeds)
    return ("<figure>%s<figcaption>How far apart the first n %s are, in slot order: "
            "mean Euclidean distance of the encodings of all their pairs, in the units of the "
            "encoder’s output.</figcaption></figure>" % (svg, name))


def cost_row(name, target, slots):
    n, steps = int((target.status[slots] == ACCEPTED).sum()), target.steps[slots].sum()
    return [name, "%d / %d" % (n, len(slots)), "%.1f" % steps, per(steps, n),
            "%d" % target.restarts[slots].sum(), short(np.median(target.block_seconds[slots]))]


def cost(target):
    """Table of the work by chain: those that took most, if there are many."""
    filled = target.filled()
    chain = target.chain[filled]
    chains = np.unique(chain)
    steps = [target.steps[filled[chain == c]].sum() for c in chains]
    listed = sorted(chains[np.argsort(steps)[::-1][:MOST_CHAINS]])
    rows = [cost_row(chain_name(c), target, filled[chain == c]) for c in listed]
    if len(listed) < len(chains):
        rest = filled[~np.isin(chain, listed)]
        rows.append(cost_row("%d other chains" % (len(chains) - len(listed)), target, rest))
    head = ["<Chain", "Accepted / tried", "Sample-steps", "Steps&nbsp;per accepted", "Restarts",
            "Seconds per&nbsp;block"]
    return "<div class=wide>%s</div>" % table(head, rows, "Work by chain, without the pool of starts. Seconds "
                                   "are the median wall time of a block, beside others on its "
                                   "rank.",
                                   cost_row("all", target, filled))
