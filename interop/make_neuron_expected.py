#!/usr/bin/env python3
"""Writes what the neurons of some tiny checkpoints' experts add over the golden sequences: sum and maximum over the tokens that chose the expert of |g a_c w_c|^2.

One <name>.json each among the resources of the analyzers' tests. g is the gate (1 where it has multiplied the input already), a_c the neuron's activation,
w_c its part of the last projection. Float64, from the parts themselves: [n, I, H] numbers a routed expert.
"""

import numpy
import torch

import places
from layer_files import rounded, write_each

NAMES = ("gpt-oss", "llama4", "olmoe", "granitemoe")


def energies(oracle, blocks):
    """[E, I] sums and maxima of one layer."""
    sums, maxima = [], []
    scales_inputs = oracle.config.model_type == "llama4_text"
    for expert in range(blocks[0].router_logits.shape[1]):
        squares = []
        for block in blocks:
            tokens, slots = numpy.nonzero(block.selected == expert)
            inputs = torch.from_numpy(block.input[tokens])
            gates = torch.ones(len(tokens))
            if scales_inputs:
                inputs = inputs * torch.from_numpy(block.scores[tokens, expert, None])
            else:
                gates = torch.from_numpy(block.gates[tokens, slots].astype(numpy.float32))
            with torch.no_grad():
                activations, down = oracle.neurons(block.layer, expert, inputs)
                parts = (gates[:, None] * activations)[:, :, None].double() * down.double()[None]
            squares.append((parts**2).sum(dim=-1).numpy())
        squares = numpy.concatenate(squares)
        sums.append(squares.sum(axis=0))
        maxima.append(squares.max(axis=0, initial=0.0))
    return numpy.stack(sums), numpy.stack(maxima)


def layers(oracle, runs):
    result = []
    for blocks in zip(*(run.blocks for run in runs)):
        sums, maxima = energies(oracle, blocks)
        result.append({"layer": blocks[0].layer, "sum": rounded(sums), "maximum": rounded(maxima)})
    return result


if __name__ == "__main__":
    write_each(NAMES, places.NEURONS, layers)
