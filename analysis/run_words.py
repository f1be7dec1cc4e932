"""What a run was about and how it went, in words for the head and foot of pages."""

import time
from html import escape

import numpy as np

from invset_run import OUTCOMES, OUTCOMES_OF_OTHERS
from words import count_of, neuron_names, per, table, windows_of

MARKS = {name: mark for names in (OUTCOMES, OUTCOMES_OF_OTHERS) for name, mark in zip(names, "…●◐○")}
GLOSSARY = (
    ("Activation", "Value of a neuron before softmax, for the stored 8-bit picture. It has no unit "
     "and cannot be compared between neurons. Units are counted from 0: fc8[0] is the first."),
    ("Window", "Lowest and highest activation of an accepted sample. With several neurons, each "
     "must be in its window."),
    ("Method", "What made the samples: invset, whose samples are in the window, or one that it is "
     "compared with (sampling.method), whose samples are kept in the window or not."),
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

GLOSSARY_HTML = "<details><summary>What the words mean</summary><dl>%s</dl></details>" % "".join(
    "<dt>%s</dt><dd>%s</dd>" % entry for entry in GLOSSARY)


def totals(run, targets):
    """Accepted samples, wanted ones, and sample-steps, with the pool of starts if known."""
    n = sum(len(target.accepted()) for target in targets)
    steps = sum(target.steps.sum() + target.reach_steps for target in targets)
    pool = 0 if np.isnan(run.pool_steps) else run.pool_steps
    return n, run.n_targets * run.n_slots, steps + pool


def summary(run, targets):
    n, wanted, steps = totals(run, targets)
    pool = ("%.0f of them for the pool of starts" % run.pool_steps
            if not np.isnan(run.pool_steps) else "without the pool of starts")
    if run.with_reach:
        pool += ", %.0f to look for the reach of neurons" % sum(
            target.reach_steps for target in targets)
    made = run.making()
    return (
        "<p>%s <strong>%d of %d samples were accepted</strong>%s. That took %.0f sample-steps (%s), %s per accepted sample. "
        "Run file: <code>%s</code>%s.</p>%s"
        % (purpose(run, targets), n, wanted, outcomes(targets), steps, pool, per(steps, n),
           escape(run.path), ", finished %s" % date(made["end"]) if made and run.complete else
           ", last written %s" % date(made["end"]) if made else "", notice(run, targets)))


def purpose(run, targets):
    if run.keeps_outside:
        return ("The method %s, which invset is compared with, made these pictures. Accepted are "
                "those that excite %s; it keeps the others, too." % (escape(run.method),
                                                                    goal(targets)))
    return ("invset looked for realistic pictures that excite %s, and that differ from each other "
            "as much as possible." % goal(targets))


def outcomes(targets):
    if len(targets) == 1:
        return ""
    found = [target.outcome() for target in targets]
    return ": " + ", ".join("%s %s" % (count_of(found.count(name), "target"), name)
                            for name in MARKS if name in found)


def notice(run, targets):
    """What the reader must know first: the run is not finished, or its file is damaged."""
    if not run.complete:
        done = sum(target.n_blocks_done for target in targets)
        blocks = sum(target.n_blocks for target in targets)
        return ("<p class=notice><strong>This run is not finished:</strong> %d of %s are "
                "there. All below is about these. The command that began the run goes on with "
                "it.</p>" % (done, count_of(blocks, "block")))
    damaged = [t.label for t in targets if t.n_accepted_at_end != len(t.accepted())]
    if damaged:
        return ("<p class=notice><strong>The file is damaged:</strong> blocks that the run had "
                "when it ended are missing, of: %s.</p>" % escape(", ".join(damaged)))
    return ""


def headline(targets):
    if len(targets) > 1:
        return "Inverse sets of %d targets" % len(targets)
    return "Inverse set of %s" % escape(targets[0].label)


def goal(targets):
    """What the pictures had to do."""
    if len(targets) > 1:
        return "each of %d targets to an activation within its window" % len(targets)
    return " and ".join(
        "%s to %s%s" % (escape(name), "" if window.startswith("p in") else "an activation ",
                        escape(window))
        for name, window in zip(neuron_names(targets[0]), windows_of(targets[0], "from ")))


def date(seconds):
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def provenance(run, real):
    rows = [["Program", "invset %s, git revision %s" % (escape(run.program_version),
                                                        escape(run.git_revision))],
            ["Settings, SHA-256", "<code>%s</code>" % escape(run.settings_sha256)]]
    made = run.making()
    if made:
        rows.append(["Made", "%s to %s, by %s on %s%s" % (
            date(made["begin"]), date(made["end"]), count_of(made["ranks"], "rank"),
            escape(", ".join(made["hosts"])),
            ", in %d starts of the job" % made["starts"] if made["starts"] > 1 else "")])
    if real:
        rows.append(["Real pictures", "%d of <code>%s</code>, encoded by the run’s encoder"
                     % (len(real.pictures), escape(real.name))])
    models = [[escape(role), "<code>%s</code>" % escape(path), "<code>%s</code>" % escape(sha256)]
              for role, path, sha256 in run.models()]
    return ("<footer id=provenance><h2>Where the numbers come from</h2>%s%s"
            "<details><summary>Config of the run</summary><pre>%s</pre></details></footer>"
            % (table(["<Item", "<What it was"], rows, "Program and run."),
               table(["<Model file", "<Path", "<SHA-256"], models, "Models."),
               escape(run.config_text)))
