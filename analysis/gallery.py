#!/usr/bin/python3
"""Write a gallery of a sweep: a folder with a page of tiles, one a target, and a page for each.

    analysis/gallery.py RUN.h5 -o gallery        # then open gallery/index.html

Needs no server.  Works on the file of a run that is still going, too; writing again replaces the
folder.  Needs Debian's python3-h5py, python3-numpy and python3-pil.  Exit code 2, with the reason,
if there is nothing to show.
"""

import argparse
import json
import os
import shutil
import sys
from html import escape

try:
    import numpy as np

    import geometry
    import shown_samples
    import sprites
    import target_section
    from invset_run import RunError, open_run
    from pages import check_output, exit_code, on_all_cores, read_own, write_bytes, write_text
    from run_words import GLOSSARY_HTML, MARKS, headline, provenance, summary
    from words import activation_goals, neuron_names, unit_names
except ImportError as missing:
    print("gallery.py: %s; install Debian's python3-h5py, python3-numpy and python3-pil, and start "
          "it with /usr/bin/python3" % missing, file=sys.stderr)
    sys.exit(2)

DATA = "targets.js"  # what the tiles show; its being there makes a folder a gallery
MEDOIDS = 4  # pictures on a tile
TILE_SIDE = 64  # pixels of a picture on a tile, at most
PER_SHEET = 25  # tiles whose pictures share a sprite sheet
MOST_SAMPLES = 500  # on a target's page
BUDGET = 1_500_000  # bytes of pixels of a target's page
HEAD = """<!DOCTYPE html>
<html lang=en><head><meta charset=utf-8>
<meta name=viewport content="width=device-width, initial-scale=1">
<title>%s</title><link rel=stylesheet href="%spage.css"></head>
<body>"""


def page_name(number):
    return "target/%05d.html" % number


def number_or_none(value):
    return None if np.isnan(value) else float("%.6g" % value)


class PageMaker:
    """Writes the pages of some targets, and what their tiles need.  For a process of its own."""

    def __init__(self, path, folder, n_targets):
        self.path, self.folder, self.n_targets = path, folder, n_targets

    def __call__(self, numbers):
        """[data of a tile] of these targets, whose pictures lie in one sprite sheet."""
        with open_run(self.path) as run:
            shape = run.picture_shape
            factor, most = sprites.plan(shape, 1, min(run.n_slots, MOST_SAMPLES), BUDGET)
            tiles, pictures = [], []
            for number in numbers:
                target = run.target(number)
                self._write_page(target, shown_samples.show(target, most, factor, with_tsne=False))
                slots, spread = typical(target)
                tiles.append(tile(target, spread, range(len(pictures), len(pictures) + len(slots))))
                pictures.extend(target.stored_pictures(slots))
            sheet = None
            if pictures:
                sprite = sprites.make(pictures, -(-max(shape[:2]) // TILE_SIDE))
                name = "tiles/%05d.%s" % (numbers[0], sprite.extension())
                write_bytes(os.path.join(self.folder, name), sprite.data)
                sheet = {"file": name, "name": "tiles-%d" % numbers[0], **sprite.geometry()}
            return {"sheet": sheet, "tiles": tiles}

    def _write_page(self, target, shown):
        stem = os.path.splitext(page_name(target.number))[0]
        url = ""
        if shown:
            name = "%s.%s" % (stem, shown.sprite.extension())
            write_bytes(os.path.join(self.folder, name), shown.sprite.data)
            url = os.path.basename(name)
        around = "".join(
            '<a href="%s">%s</a> ' % (os.path.basename(page_name(target.number + by)), words)
            for by, words in ((-1, "◀ previous"), (1, "next ▶"))
            if 0 <= target.number + by < self.n_targets)
        command = "analysis/report.py %s --target %s" % (target.run.path, target.neurons[0])
        write_text(os.path.join(self.folder, stem + ".html"), "".join((
            HEAD % (escape(target.label), "../"),
            '<nav><a href="../index.html">All %d targets</a> %s</nav>'
            "<main><h1>Inverse set of %s</h1>"
            % (self.n_targets, around, escape(" and ".join(neuron_names(target)))),
            target_section.section(target, shown, url),
            "<p class=soft>Run file: <code>%s</code>. <code>%s</code> makes one page of this "
            "target, with t-SNE and, with --dataset, the nearest real pictures.</p></main>"
            % (escape(target.run.path), escape(command)),
            target_section.LARGE_VIEW, '<script src="../pictures.js"></script>'
            '<script src="../target.js"></script></body></html>\n')))


def typical(target):
    """Slots of a few typical samples, or of the best attempt, and the mean distance of pairs."""
    slots = target.samples()[: target_section.MOST_IN_SPREAD]
    if not len(slots):
        return target.by_gap()[:1], np.nan
    if not target.run.with_encodings:
        return slots[:MEDOIDS], np.nan
    pairs = geometry.distances(target.encodings(slots))
    return slots[geometry.medoids(pairs, MEDOIDS)], geometry.mean_distance(pairs)


def tile(target, spread, places):
    n = len(target.accepted())
    return {
        "page": page_name(target.number), "label": target.label,
        "units": " and ".join(unit_names(target)), "window": " and ".join(activation_goals(target)),
        "outcome": target.outcome(), "accepted": n, "slots": len(target.status),
        "spread": number_or_none(spread),
        "reach": number_or_none(target.highest_activation()),
        "cost": number_or_none(target.steps.sum() / n if n else np.nan),
        "shows": ("typical samples of %s" if len(target.samples()) else "best attempt for %s, not "
                  "accepted" if len(places) else "no sample of %s") % target.label,
        "places": list(places)}


def write_gallery(run, folder):
    targets = run.targets()
    for name in "target", "tiles":
        os.makedirs(os.path.join(folder, name))
    groups = [list(range(first, min(first + PER_SHEET, run.n_targets)))
              for first in range(0, run.n_targets, PER_SHEET)]
    made = on_all_cores(PageMaker(run.path, folder, run.n_targets), groups)
    for name in "page.css", "pictures.js", "target.js", "gallery.js":
        write_text(os.path.join(folder, name), read_own("web/" + name))
    write_text(os.path.join(folder, DATA), "const marks = %s;\nconst groups = [\n%s\n];\n" % (
        json.dumps(MARKS), ",\n".join(json.dumps(group, separators=(",", ":")) for group in made)))
    found = [target.outcome() for target in targets]
    choices = "".join('<option value="%s">%s %s (%d)' % (name, mark, name, found.count(name))
                      for name, mark in MARKS.items() if name in found)
    write_text(os.path.join(folder, "index.html"), "".join((
        HEAD % (headline(targets), ""), "<main><h1>%s</h1>" % headline(targets),
        summary(run, targets), INDEX % choices, GLOSSARY_HTML, "</main>", provenance(run, None),
        "".join('<script src="%s"></script>' % name
                for name in (DATA, "pictures.js", "gallery.js")), "</body></html>\n")))


INDEX = """<section id=targets><h2>Targets</h2>
<p class=soft>A tile shows samples that are typical of its target (medoids of their encodings), or
the best attempt, and leads to the target’s page. Spread: mean distance of the encodings of all
pairs of samples. Reach: the highest activation that the run has seen. Cost: sample-steps per
accepted sample, without the pool of starts and the search for the reach.</p>
<form class=tools id=tools>
<label>Search <input name=words type=search placeholder="class or unit"></label>
<label>Sort by <select name=sort>
<option value=number>order of the run
<option value=-spread>spread, most first
<option value=spread>spread, least first
<option value=-reach>reach, highest activation first
<option value=-share>share that was accepted, most first
<option value=share>share that was accepted, least first
<option value=cost>cost, least first
<option value=-cost>cost, most first
</select></label>
<label>Outcome <select name=outcome><option value="">all%s</select></label>
<button type=reset>All</button> <output class=count></output></form>
<ul class=tiles></ul>
<noscript><p>The tiles need JavaScript; the folder <a href="target">target</a> has the pages.</p>
</noscript></section>"""


def replace_folder(path, write):
    """Write into a new folder, then put it in the place of an older gallery."""
    beside = path.rstrip("/") + ".creating"
    if os.path.lexists(path) and not (os.path.isdir(path) and (
            os.path.exists(os.path.join(path, DATA)) or not os.listdir(path))):
        raise RunError("'%s' exists and is no gallery, so it is not replaced; give another name"
                       % path)
    try:
        shutil.rmtree(beside, ignore_errors=True)
        os.makedirs(beside)
        write(beside)
        if os.path.isdir(path):
            shutil.rmtree(path)
        os.rename(beside, path)
    except OSError as error:
        raise RunError("cannot write '%s': %s" % (path, error.strerror)) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description="Write a gallery of all targets of a run.")
    parser.add_argument("run", metavar="RUN.h5", help="run file of `invset sample`")
    parser.add_argument("-o", "--output", metavar="FOLDER",
                        help="the gallery (default: the run file's name with -gallery)")
    args = parser.parse_args()
    return exit_code(lambda: show_run(args))


def show_run(args):
    output = args.output or os.path.splitext(args.run)[0] + "-gallery"
    check_output(output, [args.run])
    with open_run(args.run) as run:
        replace_folder(output, lambda folder: write_gallery(run, folder))


if __name__ == "__main__":
    sys.exit(main())
