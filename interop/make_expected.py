#!/usr/bin/env python3
"""Writes the golden numbers of the tiny checkpoints.

Beside each checkpoint: expected.json (token sequences and losses) and expected.safetensors (arrays, see README.md for the names);
among the resources of the analyzers' tests: one <name>.json with the sums of every mixture-of-experts layer, over all sequences and over
the first one alone (where most checkpoints leave some experts without a token).
"""

import json
import sys

import numpy
import safetensors.numpy
import torch
import transformers

import expert_sums
import places
from oracle import Oracle
from tiny_checkpoints import ALL

CLOSEST_CALL = 1e-3
"""Chosen and not chosen experts' logits differ by more than this everywhere, so that rounding cannot change a choice."""

CLOSEST_SCORES = 1e-4
"""The same for what is ranked instead of logits where a bias is added or groups are ruled out, and for what counts as near a chosen expert."""


def made_with():
    return {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": numpy.__version__}


def token_sequences(tiny):
    stream = numpy.random.default_rng([tiny.seed, 7])
    return [stream.integers(0, tiny.config["vocab_size"], length).tolist() for length in tiny.lengths]


def closest_call(block):
    """By how much a choice was decided, as a multiple of what is required."""
    ranked = numpy.sort(block.choices, axis=1)
    chosen = block.selected.shape[1]
    assert numpy.array_equal(numpy.sort(numpy.take_along_axis(block.choices, block.selected, axis=1), axis=1), ranked[:, -chosen:])
    if numpy.array_equal(block.choices, block.scores):
        logits = numpy.sort(block.router_logits, axis=1)
        margin = (logits[:, -chosen] - logits[:, -chosen - 1]).min()
        return min(margin / CLOSEST_CALL, block.near_margin / CLOSEST_SCORES)
    margin = (ranked[:, -chosen] - ranked[:, -chosen - 1]).min()
    return min(margin, block.group_margin) / CLOSEST_SCORES


def arrays(runs):
    """Named arrays of all sequences."""
    named = {}
    for index, run in enumerate(runs):
        named[f"sequence.{index}.logits"] = run.logits
        for layer, state in enumerate(run.hidden):
            named[f"sequence.{index}.layer.{layer}.hidden"] = state
        for block in run.blocks:
            prefix = f"sequence.{index}.layer.{block.layer}.moe."
            norms = numpy.sqrt((block.expert_outputs.astype(numpy.float64) ** 2).sum(axis=-1))
            named[prefix + "input"] = block.input
            named[prefix + "output"] = block.output
            named[prefix + "router_logits"] = block.router_logits
            named[prefix + "selected"] = block.selected.astype(numpy.int32)
            named[prefix + "gates"] = block.gates
            named[prefix + "expert_norms"] = norms.astype(numpy.float32)
            named[prefix + "expert_maxima"] = numpy.abs(block.expert_outputs).max(axis=-1)
    return {name: numpy.ascontiguousarray(array) for name, array in named.items()}


def write(tiny):
    folder = places.CHECKPOINTS / tiny.name
    oracle = Oracle(folder)
    sequences = token_sequences(tiny)
    runs = [oracle.run(tokens) for tokens in sequences]
    margin = min(closest_call(block) for run in runs for block in run.blocks)
    assert margin > 1, (tiny.name, margin)

    losses = [run.losses(tokens) for run, tokens in zip(runs, sequences)]
    experts = runs[0].blocks[0].router_logits.shape[1]
    expected = {
        "name": tiny.name,
        "madeWith": made_with(),
        "modelType": oracle.config.model_type,
        "layers": len(oracle.layers),
        "moeLayers": oracle.moe_layers,
        "experts": experts,
        "expertsPerToken": runs[0].blocks[0].selected.shape[1],
        "sequences": [
            {"tokens": tokens, "meanNll": float(loss.mean())} for tokens, loss in zip(sequences, losses)
        ],
        "predictedTokens": sum(len(loss) for loss in losses),
        "meanNll": float(numpy.concatenate(losses).mean()),
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    safetensors.numpy.save_file(arrays(runs), folder / "expected.safetensors")
    (folder / "expected.safetensors").chmod(0o644)
    print(f"{tiny.name}: loss {expected['meanNll']:.6f}, closest call {margin:.1f} times what is needed")
    if tiny.statistics:
        write_statistics(tiny, sequences, runs, experts)


def write_statistics(tiny, sequences, runs, experts):
    places.STATISTICS.mkdir(parents=True, exist_ok=True)
    statistics = {
        "checkpoint": tiny.name,
        "madeWith": made_with(),
        "sequences": sequences,
        "tokens": sum(len(tokens) for tokens in sequences),
        "layers": layers(runs, experts),
        "firstSequence": {"tokens": len(sequences[0]), "layers": layers(runs[:1], experts)},
    }
    (places.STATISTICS / f"{tiny.name}.json").write_text(json.dumps(statistics) + "\n")


def layers(runs, experts):
    """Sums and scores of every mixture-of-experts layer."""
    found = []
    for blocks in zip(*(run.blocks for run in runs)):
        total = expert_sums.sums(blocks, experts)
        found.append({"layer": blocks[0].layer, "sums": _lists(total), "scores": _lists(expert_sums.scores(total))})
    return found


def _lists(named):
    return {name: array.astype(int).tolist() if name in ("n", "coact", "frequency") else array.tolist() for name, array in named.items()}


def main(names):
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for tiny in ALL:
        if not names or tiny.name in names:
            write(tiny)


if __name__ == "__main__":
    main(sys.argv[1:])
