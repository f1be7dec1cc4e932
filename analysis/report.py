#!/usr/bin/python3
"""Write a page about a run: one HTML file with everything in it, which any browser opens.

    analysis/report.py RUN.h5 -o report.html
    analysis/report.py RUN.h5 --dataset /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz

Works on the file of a run that is still going or was interrupted, too.  Needs Debian's
python3-h5py, python3-numpy and python3-pil; with python3-sklearn the maps come as t-SNE, too.  Exit
code 2, with the reason, if there is nothing to report on.
"""

import argparse
import base64
import hashlib
import os
import sys
from html import escape

try:
    import numpy as np

    import shown_samples
    import sprites
    import target_section
    from geometry import spread_over
    from invset_run import open_run
    from pages import HERE, check_output, exit_code, on_all_cores, positive, read_own, write_text
    from real_pictures import RealPictures
    from run_words import GLOSSARY_HTML, MARKS, headline, provenance, summary
    from words import per, short, table, three_digits, unit_names, windows_of
except ImportError as missing:
    print("report.py: %s; install Debian's python3-h5py, python3-numpy and python3-pil, and start "
          "it with /usr/bin/python3" % missing, file=sys.stderr)
    sys.exit(2)

MOST_SECTIONS = 40  # targets with a section of their own; gallery.py shows any number
MOST_SAMPLES = 500  # of a target that are shown
EXAMPLES, EXAMPLE_SIDE = 6, 35  # pictures in the table of all targets, CSS pixels


class Page:
    """What the page is about: the run, all targets, and sections of those that are shown."""

    def __init__(self, run, wanted, real):
        self.run = run
        self.targets = run.targets()
        chosen = run.targets(wanted) if wanted else self.targets
        self.n_left_out = len(chosen) - MOST_SECTIONS
        self.sections = make_sections(run, chosen[:MOST_SECTIONS], real)
        self.real = real

    def html(self):
        title = headline(self.targets)
        style = read_own("web/page.css")
        script = read_own("web/pictures.js") + read_own("web/target.js")
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        return (
            "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>"
            "<meta http-equiv=Content-Security-Policy "
            "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
            "script-src 'sha256-%s'\">"
            '<meta name=viewport content="width=device-width, initial-scale=1">'
            "<title>%s – %s</title><style>\n%s</style></head>\n<body><main><h1>%s</h1>%s%s%s%s"
            "</main>%s%s<script>%s</script></body></html>\n"
            % (digest, title, escape(os.path.basename(self.run.path)), style, title,
               summary(self.run, self.targets), self._table(), GLOSSARY_HTML,
               "\n".join(html for html, _ in self.sections.values()),
               provenance(self.run, self.real), target_section.LARGE_VIEW, script))

    def _table(self):
        head = ["<Target", "<Examples", "<Neuron", "<Window", "Accepted / wanted",
                "Activation, mean&nbsp;± standard deviation", "Sample-steps",
                "Steps&nbsp;per accepted", "Restarts", "<Outcome"]
        left_out = (" Only the first %d have a section below; --target chooses, and gallery.py "
                    "makes a page for each." % MOST_SECTIONS)
        return "<section id=targets><h2>Targets</h2>%s</section>" % table(
            head, [self._row(target) for target in self.targets],
            "Names lead to the targets’ sections. Sample-steps are without the pool of starts.%s"
            % (left_out if self.n_left_out > 0 else ""))

    def _row(self, target):
        name, (section, examples) = escape(target.label), self.sections.get(target.number, ("", ""))
        slots = target.accepted()
        values = target.activation[slots, 0].astype(float)
        if len(slots):
            activation = "%s ± %s" % (short(values.mean()), three_digits(values.std()))
        else:
            best = target.best_activation()
            activation = "-" if np.isnan(best) else "%s %s" % (
                "nearest" if self.run.keeps_outside else "best", short(best))
        steps, outcome = target.steps.sum(), target.outcome()
        return ['<a href="#target-%d">%s</a>' % (target.number, name) if section else name,
                examples,
                "<br>".join(map(escape, unit_names(target))),
                "<br>".join(map(escape, windows_of(target))),
                "%d / %d" % (len(slots), len(target.status)), activation, "%.1f" % steps,
                per(steps, len(slots)), "%d" % target.restarts.sum(),
                "%s %s" % (MARKS[outcome], outcome)]


class SectionMaker:
    """Makes sections in a process of its own: HDF5 files and t-SNE do not share one."""

    def __init__(self, path, factor, most, real):
        self.path, self.factor, self.most, self.real = path, factor, most, real

    def __call__(self, number):
        """HTML of a section, and of its examples for the table of all targets."""
        with open_run(self.path) as run:
            target = run.target(number)
            shown = shown_samples.show(target, self.most, self.factor, self.real)
            if not shown:
                return target_section.section(target, None, ""), ""
            examples = "".join(
                target_section.still(shown, int(place), EXAMPLE_SIDE)
                for place in spread_over(np.arange(len(shown.slots)), EXAMPLES))
            return (target_section.section(target, shown, shown.sprite.uri(),
                                           shown.real_sprite and shown.real_sprite.uri()),
                    examples if len(target.accepted()) else "")


def make_sections(run, targets, real):
    """{number: (section, examples)}, on all cores."""
    n_slots = min(run.n_slots, MOST_SAMPLES)
    factor, most = sprites.plan(run.picture_shape, len(targets), n_slots)
    numbers = [target.number for target in targets]
    make = SectionMaker(run.path, factor, most, real)
    return dict(zip(numbers, on_all_cores(make, numbers)))


def main():
    parser = argparse.ArgumentParser(description="Write one HTML page about a run of invset.")
    parser.add_argument("run", metavar="RUN.h5", help="run file of `invset sample`")
    parser.add_argument("-o", "--output", metavar="PAGE.html",
                        help="the page (default: the run file's name with .html)")
    parser.add_argument("--target", metavar="NAME|INDEX", action="append", default=[],
                        help="show only the targets of this class name, or of this unit (counted "
                             "from 0); may be given several times")
    parser.add_argument("--dataset", metavar="PATH",
                        help="show the real pictures nearest to each sample: an IDX file (.gz or "
                             "not), an array (.npy) or a folder of picture files")
    parser.add_argument("--pictures", type=positive, default=10000, metavar="N",
                        help="how many pictures of the data set to look through (%(default)s)")
    parser.add_argument("--invset", default=os.path.join(HERE, "../build/invset"),
                        metavar="PROGRAM", help="the program that encodes them (%(default)s)")
    args = parser.parse_args()
    return exit_code(lambda: write_report(args))


def write_report(args):
    output = args.output or os.path.splitext(args.run)[0] + ".html"
    check_output(output, [args.run])
    with open_run(args.run) as run:
        real = None
        if args.dataset:
            real = RealPictures(run, args.dataset, args.invset, args.pictures)
        write_text(output, Page(run, args.target, real).html())


if __name__ == "__main__":
    sys.exit(main())
