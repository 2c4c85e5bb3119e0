"""Word problems with worked solutions, drawn from a fixed seed.

Calibration and held-out problems come from different templates, so that no held-out problem is a calibration problem with other numbers.
"""

import random

import calibration_problems
import heldout_problems

TEMPLATES = {"calibration": calibration_problems.TEMPLATES, "heldout": heldout_problems.TEMPLATES}

SEED = {"calibration": 20260107, "heldout": 20260108}

# Characters to write for each split, before packing into rows.
SIZE = {"calibration": 23_500, "heldout": 9_000}

# One problem in this many is written with the question restated below its solution.
RESTATED_EVERY = 4


def _plain(question, steps, answer):
    return "Question: " + question + "\nAnswer: " + "\n".join(steps) + f"\n#### {answer}"


def _restated(question, steps, answer):
    return question + "\n" + "\n".join(steps) + f"\n#### {answer}\nThe answer is: {answer}\nGSM_AnsAug\n" + question


def problems(split):
    """Problems of one split, each a few lines; no template comes again before all the others have."""
    templates = TEMPLATES[split]
    r = random.Random(SEED[split])
    written = []
    length = 0
    queue = []
    while length < SIZE[split]:
        if not queue:
            queue = r.sample(templates, len(templates))
        form = _restated if len(written) % RESTATED_EVERY == RESTATED_EVERY - 1 else _plain
        text = form(*queue.pop()(r))
        written.append(text)
        length += len(text)
    return written
