#!/usr/bin/env python3
"""Writes by how much the rows of a tiny checkpoint's routers are longer than another's, by NumPy: analyzers/src/test/resources/routers/<name>.json.

By layer and expert, in float64: above zero where the second checkpoint's row is longer.
"""

import json

import numpy
from safetensors.torch import load_file

import places
from layer_files import rounded

PAIRS = (("qwen3-moe", "qwen3-moe-bf16"),)


def norms(name):
    """The length of each expert's row, [E], by the name of the router."""
    tensors = {}
    for file in sorted((places.CHECKPOINTS / name).glob("model*.safetensors")):
        tensors.update(load_file(file))
    return {key: numpy.linalg.norm(value.double().numpy(), axis=1) for key, value in tensors.items() if key.endswith("mlp.gate.weight")}


if __name__ == "__main__":
    places.ROUTERS.mkdir(parents=True, exist_ok=True)
    for base, tuned in PAIRS:
        before, after = norms(base), norms(tuned)
        layers = [{"layer": int(key.split(".")[2]), "change": rounded(after[key] - before[key])} for key in sorted(before)]
        written = {"base": base, "checkpoint": tuned, "madeWith": {"numpy": numpy.__version__}, "layers": layers}
        (places.ROUTERS / f"{tuned}.json").write_text(json.dumps(written) + "\n")
        print(f"{tuned}: {len(layers)} layers")
