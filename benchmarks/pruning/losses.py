"""Held-out loss after pruning, for every method, three ratios and three parts of the calibration text.

    losses.py MOETOOL FOLDER [--model M] [--calibration F] [--heldout F] [--document FILE] [--methods M,…]

The calibration text is shuffled by a fixed seed and dealt into three parts, one a calibration seed: no row is in two. Methods that
draw lots get the part's number as their seed; methods that look at weights alone give one number. Every result is a written
checkpoint, evaluated and removed again. FOLDER takes intermediate results and losses.jsonl, where a run that was ended goes on.
--document puts the table between the marks in that page. Needs nothing but Python.
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DATA_FREE = ("aimer", "magnitude")
CONTROL = "random"
METHODS = (
    "reap random frequency soft_count easy_ep naee aimer magnitude leave_one_out ranked_choice gate_mass ean_sum ean_mean msan"
    " reap_l2 weighted_ean_sum weighted_ean_sum_l2 max_activations shift tcess"
).split()  # man is the same number as ean_mean
SHARES = (25, 50, 75)
SEEDS = (0, 1, 2)
SHUFFLE = 20260101
BEGIN, END = "<!-- losses: begin -->", "<!-- losses: end -->"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moetool")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=ROOT / "examples/tinymoe-6d")
    parser.add_argument("--calibration", type=Path, default=ROOT / "examples/text/calibration.jsonl")
    parser.add_argument("--heldout", default=ROOT / "examples/text/heldout.jsonl")
    parser.add_argument("--document", type=Path)
    parser.add_argument("--methods", type=lambda text: text.split(","), default=METHODS)
    return parser.parse_args()


class Losses:
    def __init__(self, args):
        self.args = args
        self.record = args.folder / "losses.jsonl"
        self.done = {}
        if self.record.exists():
            for line in self.record.read_text().splitlines():
                row = json.loads(line)
                self.done[row["method"], row["share"], row["seed"]] = row["loss"]

    def tool(self, *command):
        result = subprocess.run([self.args.moetool, *map(str, command), "--json", "-q"], capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\nfailed:\n{result.stderr}")
        return json.loads(result.stdout)

    def parts(self):
        """Statistics of each part of the calibration text."""
        rows = self.args.calibration.read_text(encoding="utf-8").splitlines(keepends=True)
        random.Random(SHUFFLE).shuffle(rows)
        for seed in SEEDS:
            part = self.args.folder / f"part-{seed}.jsonl"
            part.write_text("".join(rows[seed :: len(SEEDS)]), encoding="utf-8")
            if not (self.args.folder / f"analysis-{seed}").exists():
                self.tool("analyze", self.args.model, "--data", part, "-o", self.args.folder / f"analysis-{seed}")

    def loss(self, method, share, seed):
        if (method, share, seed) not in self.done:
            model = self.args.model
            if share:
                model = self.args.folder / "pruned"
                shutil.rmtree(model, ignore_errors=True)
                lots = ("--seed", seed) if method == CONTROL else ()
                analysis = self.args.folder / f"analysis-{seed}"
                self.tool(
                    "prune", self.args.model, "--statistics", analysis, "--method", method, *lots, "--remove", f"{share}%", "-o", model
                )
            loss = self.tool("evaluate", model, "--data", self.args.heldout)["meanNll"]
            with open(self.record, "a", encoding="utf-8") as file:
                file.write(json.dumps({"method": method, "share": share, "seed": seed, "loss": loss}) + "\n")
            self.done[method, share, seed] = loss
        return self.done[method, share, seed]

    def table(self):
        unpruned = self.loss("none", 0, 0)
        rows = []
        for method in self.args.methods:
            seeds = SEEDS[:1] if method in DATA_FREE else SEEDS
            rows.append((method, [[self.loss(method, share, seed) for seed in seeds] for share in SHARES]))
            print(method, rows[-1][1], flush=True)
        rows.sort(key=lambda row: statistics.mean(row[1][1]))
        best = [min(statistics.mean(row[1][i]) for row in rows) for i in range(len(SHARES))]
        lines = [
            f"Unpruned: {unpruned:.3f}.",
            "",
            "| `--method` | " + " | ".join(f"{share} %" for share in SHARES) + " |",
            "| --- |" + " --- |" * len(SHARES),
        ]
        for method, byShare in rows:
            cells = [cell(losses, best[i]) for i, losses in enumerate(byShare)]
            lines.append(f"| `{method}`{', control' if method == CONTROL else ''} | " + " | ".join(cells) + " |")
        return "\n".join(lines)


def cell(losses, best):
    mean = statistics.mean(losses)
    text = f"**{mean:.3f}**" if mean == best else f"{mean:.3f}"
    return text if len(losses) == 1 else f"{text} [{min(losses):.3f}, {max(losses):.3f}]"


def main():
    args = arguments()
    args.folder.mkdir(parents=True, exist_ok=True)
    losses = Losses(args)
    losses.parts()
    table = losses.table()
    print(table)
    if args.document:
        before, rest = args.document.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        args.document.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
