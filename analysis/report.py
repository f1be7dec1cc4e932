#!/usr/bin/python3
"""Write a page about a run: one HTML file with everything in it, which any browser opens.

    analysis/report.py RUN.h5 -o report.html

Works on the file of a run that is still going or was interrupted, too.  Needs Debian's python3-h5py
and python3-numpy.  Exit code 2, with the reason, if there is nothing to report on.
"""

import argparse
import os
import sys
import time
from html import escape

try:
    import numpy as np

    import report_pictures
    from invset_run import Run, RunError
    from report_target import Section
    from report_text import (count_of, neuron_names, per, short, table, three_digits, unit_names,
                             window_text)
except ImportError as missing:
    print("report.py: %s; install Debian's python3-h5py and python3-numpy, and start it with "
          "/usr/bin/python3" % missing, file=sys.stderr)
    sys.exit(2)

MOST_SECTIONS = 40  # targets with a section of their own
MARKS = {"full": "●", "partly reached": "◐", "not reached": "○", "not finished": "…"}
GLOSSARY = (
    ("Activation", "Value of a neuron before softmax, for the stored 8-bit picture. It has no unit "
     "and cannot be compared between neurons. Units are counted from 0: fc8[0] is the first."),
    ("Window", "Lowest and highest activation of an accepted sample. With several neurons, each "
     "must be in its window."),
    ("Accepted", "The stored 8-bit picture is in the window when the classifier sees it again. "
     "“invset check” evaluates all of them anew."),
    ("Slot", "Place of a sample in the run file, counted from 0 within its target."),
    ("Seed block, chain", "The first block of a target’s samples is its seed block. A chain is a "
     "row of further blocks, pushed away from the seed block and from its own earlier ones."),
    ("Sample-step", "One sample through generator, classifier and encoder, forward and back: the "
     "unit of work. Starts that were given up count."),
    ("Restarts", "Starts of a slot that were given up before the one that is stored."),
    ("Pool of starts", "Random codes that were evaluated once, for all targets to start from."),
)


class Page:
    """What the page is about: the run, all targets, and sections of those that are shown."""

    def __init__(self, run, wanted):
        self.run = run
        self.targets = [run.target(t) for t in range(run.n_targets)]
        chosen = choose(self.targets, wanted)
        self.n_left_out = len(chosen) - MOST_SECTIONS
        chosen = chosen[:MOST_SECTIONS]
        factor, most = report_pictures.plan(run.picture_shape, len(chosen))
        self.sections = {t.number: Section(run, t, factor, most) for t in chosen}

    def html(self):
        title = headline(self.targets)
        with open(os.path.join(os.path.dirname(__file__), "report.css"), encoding="utf-8") as file:
            style = file.read()
        return (
            "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>"
            "<meta http-equiv=Content-Security-Policy "
            "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
            '<meta name=viewport content="width=device-width, initial-scale=1">'
            "<title>%s – %s</title><style>\n%s</style></head>\n<body><main><h1>%s</h1>%s%s%s%s"
            "</main>%s</body></html>\n"
            % (title, escape(os.path.basename(self.run.path)), style, title, self._summary(),
               self._table(), GLOSSARY_HTML,
               "\n".join(section.html() for section in self.sections.values()),
               provenance(self.run)))

    def _totals(self):
        """Accepted samples, wanted ones, and sample-steps, with the pool of starts if known."""
        n = sum(len(target.accepted()) for target in self.targets)
        steps = sum(target.steps.sum() for target in self.targets)
        pool = 0 if np.isnan(self.run.pool_steps) else self.run.pool_steps
        return n, self.run.n_targets * self.run.n_slots, steps + pool

    def _summary(self):
        run, (n, wanted, steps) = self.run, self._totals()
        pool = ("%.0f of them for the pool of starts" % run.pool_steps
                if not np.isnan(run.pool_steps) else "without the pool of starts")
        made = run.making()
        return (
            "<p>invset looked for realistic pictures that excite %s, and that differ from each "
            "other as much as possible. <strong>%d of %d samples were "
            "accepted</strong>%s. That took %.0f sample-steps (%s), %s per accepted sample. "
            "Run file: <code>%s</code>%s.</p>%s"
            % (goal(self.targets), n, wanted, self._outcomes(), steps, pool, per(steps, n),
               escape(run.path), ", finished %s" % date(made["end"]) if made and run.complete else
               ", last written %s" % date(made["end"]) if made else "", self._notice()))

    def _outcomes(self):
        if self.run.n_targets == 1:
            return ""
        found = [target.outcome() for target in self.targets]
        return ": " + ", ".join("%s %s" % (count_of(found.count(name), "target"), name)
                                for name in MARKS if name in found)

    def _notice(self):
        """What the reader must know first: the run is not finished, or its file is damaged."""
        if not self.run.complete:
            done = sum(target.n_blocks_done for target in self.targets)
            blocks = sum(target.n_blocks for target in self.targets)
            return ("<p class=notice><strong>This run is not finished:</strong> %d of %s are "
                    "there. All below is about these. The command that began the run goes on with "
                    "it.</p>" % (done, count_of(blocks, "block")))
        damaged = [t.label for t in self.targets if t.n_accepted_at_end != len(t.accepted())]
        if damaged:
            return ("<p class=notice><strong>The file is damaged:</strong> blocks that the run had "
                    "when it ended are missing, of: %s.</p>" % escape(", ".join(damaged)))
        return ""

    def _table(self):
        head = ["<Target", "<Examples", "<Neuron", "<Window", "Accepted / wanted",
                "Activation, mean&nbsp;± standard deviation", "Sample-steps",
                "Steps&nbsp;per accepted", "Restarts", "<Outcome"]
        left_out = " Only the first %d have a section below; --target chooses." % MOST_SECTIONS
        return "<section id=targets><h2>Targets</h2>%s</section>" % table(
            head, [self._row(target) for target in self.targets],
            "Names lead to the targets’ sections. Sample-steps are without the pool of starts.%s"
            % (left_out if self.n_left_out > 0 else ""))

    def _row(self, target):
        name, section = escape(target.label), self.sections.get(target.number)
        slots = target.accepted()
        values = target.activation[slots, 0].astype(float)
        if len(slots):
            activation = "%s ± %s" % (short(values.mean()), three_digits(values.std()))
        else:
            best = target.best_activation()
            activation = "-" if np.isnan(best) else "best %s" % short(best)
        steps, outcome = target.steps.sum(), target.outcome()
        return ['<a href="#target-%d">%s</a>' % (target.number, name) if section else name,
                section.examples() if section else "",
                "<br>".join(map(escape, unit_names(target))),
                "<br>".join(map(window_text, target.windows)),
                "%d / %d" % (len(slots), len(target.status)), activation, "%.1f" % steps,
                per(steps, len(slots)), "%d" % target.restarts.sum(),
                "%s %s" % (MARKS[outcome], outcome)]


GLOSSARY_HTML = "<details><summary>What the words mean</summary><dl>%s</dl></details>" % "".join(
    "<dt>%s</dt><dd>%s</dd>" % entry for entry in GLOSSARY)


def choose(targets, wanted):
    """The targets of these class names or unit numbers; all if none is named."""
    for name in wanted:
        if not any(name in names_of(target) for target in targets):
            raise RunError("--target %s: no target of the run has this class name or unit; it has "
                           "%s" % (name, ", ".join(sorted({t.label for t in targets})[:20])))
    return [t for t in targets if not wanted or names_of(t) & set(wanted)]


def names_of(target):
    return {target.label, *target.label.split(" + "), *map(str, target.neurons)}


def headline(targets):
    if len(targets) > 1:
        return "Inverse sets of %d targets" % len(targets)
    return "Inverse set of %s" % escape(targets[0].label)


def goal(targets):
    """What the pictures had to do."""
    if len(targets) > 1:
        return "each of %d targets to an activation within its window" % len(targets)
    return " and ".join(
        "%s to an activation from %s" % (escape(name), window_text(window))
        for name, window in zip(neuron_names(targets[0]), targets[0].windows))


def date(seconds):
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def provenance(run):
    rows = [["Program", "invset %s, git revision %s" % (escape(run.program_version),
                                                        escape(run.git_revision))],
            ["Settings, SHA-256", "<code>%s</code>" % escape(run.settings_sha256)]]
    made = run.making()
    if made:
        rows.append(["Made", "%s to %s, by %s on %s%s" % (
            date(made["begin"]), date(made["end"]), count_of(made["ranks"], "rank"),
            escape(", ".join(made["hosts"])),
            ", in %d starts of the job" % made["starts"] if made["starts"] > 1 else "")])
    models = [[escape(role), "<code>%s</code>" % escape(path), "<code>%s</code>" % escape(sha256)]
              for role, path, sha256 in run.models()]
    return ("<footer id=provenance><h2>Where the numbers come from</h2>%s%s"
            "<details><summary>Config of the run</summary><pre>%s</pre></details></footer>"
            % (table(["<Item", "<What it was"], rows, "Program and run."),
               table(["<Model file", "<Path", "<SHA-256"], models, "Models."),
               escape(run.config_text)))


def write(path, text):
    """Write beside the path first, so that no half page is ever there."""
    beside = path + ".creating"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError as error:
        raise RunError("cannot write '%s': %s" % (path, error.strerror)) from None


def main():
    parser = argparse.ArgumentParser(description="Write one HTML page about a run of invset.")
    parser.add_argument("run", metavar="RUN.h5", help="run file of `invset sample`")
    parser.add_argument("-o", "--output", metavar="PAGE.html",
                        help="the page (default: the run file's name with .html)")
    parser.add_argument("--target", metavar="NAME|INDEX", action="append", default=[],
                        help="show only the targets of this class name, or of this unit (counted "
                             "from 0); may be given several times")
    args = parser.parse_args()
    output = args.output or os.path.splitext(args.run)[0] + ".html"
    try:
        if os.path.realpath(output) == os.path.realpath(args.run):
            raise RunError("-o %s is the run file itself" % output)
        with Run(args.run) as run:
            write(output, Page(run, args.target).html())
    except RunError as error:
        print("report.py: %s" % error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
