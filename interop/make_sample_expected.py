#!/usr/bin/env python3
"""Writes what every expert of some tiny checkpoints does with all tokens of their golden sequences.

One <name>.json each among the resources of the analyzers' tests; the sequences are those of expected.json beside the checkpoint.
"""

import json
import sys

import numpy
import torch
import transformers

import places
import sample_statistics
from make_expected import made_with
from oracle import Oracle

NAMES = ("deepseek-v3", "glm4-moe", "gpt-oss", "llama4", "mixtral", "olmoe", "phimoe")
DIGITS = 9


def rounded(array):
    return [rounded(row) for row in array] if array.ndim > 1 else [float(f"{value:.{DIGITS}g}") for value in array.tolist()]


def write(name):
    folder = places.CHECKPOINTS / name
    oracle = Oracle(folder)
    sequences = [sequence["tokens"] for sequence in json.loads((folder / "expected.json").read_text())["sequences"]]
    layers = [
        {key: rounded(numpy.asarray(value)) if key != "layer" else value for key, value in layer.items()}
        for layer in sample_statistics.statistics(oracle, [oracle.run(tokens) for tokens in sequences])
    ]
    places.SAMPLES.mkdir(parents=True, exist_ok=True)
    written = {"checkpoint": name, "madeWith": made_with(), "sequences": sequences, "layers": layers}
    (places.SAMPLES / f"{name}.json").write_text(json.dumps(written) + "\n")
    print(f"{name}: {len(layers)} layers")


def main(names):
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name in NAMES:
        if not names or name in names:
            write(name)


if __name__ == "__main__":
    main(sys.argv[1:])
