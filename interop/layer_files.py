"""Files of numbers of tiny checkpoints' layers over their golden sequences, one <name>.json each."""

import json
import sys

import torch
import transformers

import places
from make_expected import made_with
from oracle import Oracle

DIGITS = 9


def rounded(array):
    return [rounded(row) for row in array] if array.ndim > 1 else [float(f"{value:.{DIGITS}g}") for value in array.tolist()]


def write(name, folder, layers_of):
    checkpoint = places.CHECKPOINTS / name
    oracle = Oracle(checkpoint)
    sequences = [sequence["tokens"] for sequence in json.loads((checkpoint / "expected.json").read_text())["sequences"]]
    layers = layers_of(oracle, [oracle.run(tokens) for tokens in sequences])
    folder.mkdir(parents=True, exist_ok=True)
    written = {"checkpoint": name, "madeWith": made_with(), "sequences": sequences, "layers": layers}
    (folder / f"{name}.json").write_text(json.dumps(written) + "\n")
    print(f"{name}: {len(layers)} layers")


def write_each(names, folder, layers_of):
    """Writes the files of those checkpoints that the command line names, of all if it names none; layers_of(oracle, runs) gives the layers."""
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name in names:
        if not sys.argv[1:] or name in sys.argv[1:]:
            write(name, folder, layers_of)
