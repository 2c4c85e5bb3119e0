#!/usr/bin/env python3
"""Writes the last projections that experts 0 and 1 of some tiny checkpoints get when they are merged as 1 to 3 and fitted over the golden sequences.

One <name>.json each among the resources of the transforms' tests. Of all tokens that chose any of the two, y is what they add, s p what the fitted
projection multiplies, r = y - s f what the mean of both leaves open; to the mean is added the D of least |r - s D p|^2 + ridge |D|^2, by SciPy's
solver for the stacked system. Neurons are added up as they are stored.
"""

import numpy
import scipy.linalg
import torch

import places
from layer_files import rounded, write_each

NAMES = ("gpt-oss", "llama4", "qwen3-moe")
SHARES = (0.25, 0.75)
RIDGE = 0.01
"""As a share of the mean of the diagonal of the sum of s^2 p p^T."""


def become_one(oracle, layer):
    """Gives expert 0 of a layer the mean of its matrices and those of expert 1."""
    for name in [name for name in oracle.tensors if f"layers.{layer}." in name and ".experts." in name]:
        if ".experts.0." in name:
            other = oracle.tensors[name.replace(".experts.0.", ".experts.1.")]
            oracle.tensors[name] = SHARES[0] * oracle.tensors[name] + SHARES[1] * other
        elif oracle.stacked:
            stack = oracle.tensors[name].clone()
            stack[0] = SHARES[0] * stack[0] + SHARES[1] * stack[1]
            oracle.tensors[name] = stack


def outputs(oracle, layer, expert, inputs):
    activations, down = oracle.neurons(layer, expert, inputs)
    bias = oracle.tensors.get(f"model.layers.{layer}.mlp.experts.down_proj_bias")
    return activations, activations @ down + (0 if bias is None else bias[expert])


def coefficients(block, scales_inputs):
    """[n, 2] what outputs (or inputs) of experts 0 and 1 are multiplied by, 0 where they are not chosen."""
    gates = numpy.take_along_axis(block.scores, block.selected, axis=1) if scales_inputs else block.gates
    return numpy.stack([(gates * (block.selected == expert)).sum(axis=1) for expert in (0, 1)], axis=1).astype(numpy.float32)


def fit(oracle, blocks):
    layer = blocks[0].layer
    x = torch.from_numpy(numpy.concatenate([block.input for block in blocks]))
    scales_inputs = oracle.config.model_type == "llama4_text"
    g = torch.from_numpy(numpy.concatenate([coefficients(block, scales_inputs) for block in blocks]))
    chosen = g.sum(dim=1) != 0
    x, g = x[chosen], g[chosen]
    with torch.no_grad():
        y = sum(
            (outputs(oracle, layer, e, x * g[:, e, None])[1] * (g[:, e, None] != 0) if scales_inputs else g[:, e, None] * outputs(oracle, layer, e, x)[1]).double()
            for e in (0, 1)
        )
        become_one(oracle, layer)
        s = torch.ones(len(x), 1) if scales_inputs else g.sum(dim=1, keepdim=True)
        p, f = outputs(oracle, layer, 0, x * g.sum(dim=1, keepdim=True) if scales_inputs else x)
        p, r = (s * p).double().numpy(), (y - (s * f).double()).numpy()
        mean = oracle.neurons(layer, 0, x)[1].double().numpy()
    ridge = RIDGE * (p**2).sum() / p.shape[1]
    stacked = numpy.concatenate([p, numpy.sqrt(ridge) * numpy.eye(p.shape[1])])
    correction = scipy.linalg.lstsq(stacked, numpy.concatenate([r, numpy.zeros((p.shape[1], r.shape[1]))]))[0]
    energy = float((y**2).sum())
    return {
        "layer": layer,
        "errorBefore": float((r**2).sum()) / energy,
        "errorAfter": float(((r - p @ correction) ** 2).sum()) / energy,
        "projection": rounded((mean + correction).T),
    }


def layers(oracle, runs):
    return [fit(oracle, blocks) for blocks in zip(*(run.blocks for run in runs))]


if __name__ == "__main__":
    write_each(NAMES, places.MERGED, layers)
