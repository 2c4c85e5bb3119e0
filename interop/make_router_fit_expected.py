#!/usr/bin/env python3
"""Writes what a change of a pruned router does to a layer's output, and the slopes of its squared error, as PyTorch's autograd has them.

One <name>.json a kind of router: logits of all experts, outputs of those that stay, what all experts added, a change M of the rows; the
error summed over the tokens, and its gradient by M. Float64; the choice of experts is taken as given, as by autograd.
"""

import json

import torch

import places

TOKENS, EXPERTS, HIDDEN, PER_TOKEN = 7, 6, 3, 2
KEPT = [0, 2, 3, 5]
SCALE, EPSILON = 1.5, 1e-20


def raw_softmax(logits, chosen):
    return logits.softmax(-1).gather(-1, chosen)


def renormalised(logits, chosen):
    weights = raw_softmax(logits, chosen)
    return weights / weights.sum(-1, keepdim=True)


def softmax_of_chosen(logits, chosen):
    return logits.gather(-1, chosen).softmax(-1)


def scaled_sigmoid(logits, chosen):
    weights = logits.sigmoid().gather(-1, chosen)
    return SCALE * weights / (weights.sum(-1, keepdim=True) + EPSILON)


ROUTERS = {
    "raw-softmax": raw_softmax,
    "renormalised": renormalised,
    "softmax-of-chosen": softmax_of_chosen,
    "scaled-sigmoid": scaled_sigmoid,
}


def single(*shape):
    """Random numbers that float32 holds exactly."""
    return torch.randn(*shape, dtype=torch.float32).double()


def example(coefficients):
    logits = 2 * single(TOKENS, EXPERTS)
    outputs = single(TOKENS, len(KEPT), HIDDEN)
    added = single(TOKENS, HIDDEN)
    change = (single(len(KEPT), EXPERTS) / 8).requires_grad_()
    kept = logits[:, KEPT] + logits @ change.T
    chosen = kept.topk(PER_TOKEN, dim=-1).indices
    made = (coefficients(kept, chosen)[..., None] * outputs.gather(1, chosen[..., None].expand(-1, -1, HIDDEN))).sum(1)
    error = ((added - made) ** 2).sum()
    error.backward()
    return {
        "kept": KEPT,
        "logits": logits.tolist(),
        "outputs": outputs.tolist(),
        "added": added.tolist(),
        "change": change.tolist(),
        "error": error.item(),
        "gradient": change.grad.tolist(),
    }


if __name__ == "__main__":
    torch.manual_seed(2603)
    places.ROUTER_FITS.mkdir(parents=True, exist_ok=True)
    for name, coefficients in ROUTERS.items():
        (places.ROUTER_FITS / f"{name}.json").write_text(json.dumps(example(coefficients)) + "\n")
