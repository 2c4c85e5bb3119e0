#!/usr/bin/env python3
"""Writes what every expert of some tiny checkpoints does with all tokens of their golden sequences.

One <name>.json each among the resources of the analyzers' tests; the sequences are those of expected.json beside the checkpoint.
"""

import numpy

import places
import sample_statistics
from layer_files import rounded, write_each

NAMES = ("deepseek-v3", "glm4-moe", "gpt-oss", "llama4", "mixtral", "olmoe", "phimoe")


def layers(oracle, runs):
    return [
        {key: rounded(numpy.asarray(value)) if key != "layer" else value for key, value in layer.items()}
        for layer in sample_statistics.statistics(oracle, runs)
    ]


if __name__ == "__main__":
    write_each(NAMES, places.SAMPLES, layers)
