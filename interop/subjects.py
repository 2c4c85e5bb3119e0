"""The models the suite works on, and what moetool makes of them (made once and shared by the tests)."""

import atexit
import functools
import json
import pathlib
import shutil
import tempfile
from collections import defaultdict

import numpy
import tokenizers
import torch
import transformers

import places
import tool
from oracle import Oracle, read_tensors, router_name
from tiny_checkpoints import ALL

torch.set_num_threads(2)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="moetool-interop-"))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)

ROWS_PER_DOMAIN = 2


class Subject:
    """A checkpoint folder with a data file; the same rows as token sequences for transformers."""

    def __init__(self, name, folder, rows, sequences, keep):
        self.name = name
        self.folder = folder
        self.rows = rows
        self.sequences = sequences
        self.domains = [row.get("domain", "all") for row in rows]
        self.keep = keep
        self.scratch = SCRATCH / name
        self.scratch.mkdir()
        self.data = self.scratch / "data.jsonl"
        self.data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def __repr__(self):
        return self.name

    @functools.cached_property
    def oracle(self):
        return Oracle(self.folder)

    @functools.cached_property
    def runs(self):
        return [self.oracle.run(tokens) for tokens in self.sequences]

    @property
    def one_rotation(self):
        """Length up to which all sequences are rotated in the same way."""
        config = json.loads((self.folder / "config.json").read_text())
        scaling = config.get("rope_scaling") or {}
        return scaling["original_max_position_embeddings"] if scaling.get("type") == "longrope" else config["max_position_embeddings"]

    @property
    def predicted(self):
        return sum(len(tokens) - 1 for tokens in self.sequences)

    @functools.cached_property
    def statistics(self):
        """The folder `moetool analyze` writes."""
        out = self.scratch / "statistics"
        tool.run("analyze", self.folder, "--data", self.data, "-o", out)
        return out

    @functools.cached_property
    def pruned(self):
        """The checkpoint that keeps the best experts, and the JSON that said so."""
        out = self.scratch / "pruned"
        report = tool.run_json(
            "prune", self.folder, "-o", out, "--statistics", self.statistics, "--method", "reap", "--keep", self.keep
        )
        return out, report

    @functools.cached_property
    def pruned_oracle(self):
        return Oracle(self.pruned[0])

    def exported(self, folder, name):
        """The folder `moetool convert --to onnx` writes."""
        out = self.scratch / name
        if not out.exists():
            tool.run("convert", folder, "-o", out, "--to", "onnx")
        return out

    def kept(self):
        """Per layer the kept experts' old numbers, found by looking up the pruned router's rows in the old one's."""
        old, new = read_tensors(self.folder), read_tensors(self.pruned[0])
        return {layer: [_row(old[router_name(old, layer)], row) for row in new[router_name(new, layer)]] for layer in self.oracle.moe_layers}


def _row(matrix, row):
    found = torch.where((matrix == row).all(dim=1))[0]
    assert len(found) == 1, "a row of the pruned router is no row of the old one"
    return int(found[0])


def _tiny(tiny):
    folder = places.CHECKPOINTS / tiny.name
    expected = json.loads((folder / "expected.json").read_text())
    sequences = [sequence["tokens"] for sequence in expected["sequences"]]
    # Five of eight experts, but as many of each group where a router chooses groups first.
    keep = expected["experts"] // 2 if tiny.config.get("n_group", 1) > 1 else max(expected["expertsPerToken"], expected["experts"] * 5 // 8)
    return Subject(tiny.name, folder, [{"tokens": tokens} for tokens in sequences], sequences, keep)


def _bundled():
    taken = defaultdict(list)
    with open(places.HELDOUT_TEXT, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if len(taken[row["domain"]]) < ROWS_PER_DOMAIN:
                taken[row["domain"]].append(row)
    rows = [row for domain in taken.values() for row in domain]
    tokenizer = tokenizers.Tokenizer.from_file(str(places.BUNDLED_MODEL / "tokenizer.json"))
    longest = json.loads((places.BUNDLED_MODEL / "config.json").read_text())["max_position_embeddings"]
    sequences = [tokenizer.encode(row["text"]).ids[:longest] for row in rows]
    return Subject(places.BUNDLED_MODEL.name, places.BUNDLED_MODEL, rows, sequences, keep=16)


WITH_STATISTICS = {tiny.name for tiny in ALL if tiny.statistics}
TINY = [_tiny(tiny) for tiny in ALL]
BUNDLED = _bundled()
EVERY = [*TINY, BUNDLED]


def for_each(subjects):
    """Turns a method that takes a subject into one test per subject, so that `-k name` selects by model."""

    def mark(method):
        method.subjects = subjects
        return method

    return mark


def one_test_per_subject(cls):
    for name, method in list(vars(cls).items()):
        for subject in getattr(method, "subjects", ()):

            def test(self, method=method, subject=subject):
                method(self, subject)

            test.__doc__ = method.__doc__
            setattr(cls, f"test_{name}[{subject.name}]", test)
    return cls


def predicted_positions(logits):
    """Logits of the positions whose next token is known."""
    return numpy.asarray(logits[:-1], dtype=numpy.float64)
