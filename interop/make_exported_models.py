#!/usr/bin/env python3
"""Writes tiny MoE models as torch's exporters write them, with the logits that torch computes of them.

One <name>.onnx and <name>.json each among the resources of the transforms' tests. The blocks are the ways in which
MoE blocks are commonly written: experts as modules, each of which gathers its tokens (a mask of ones, or a comparison)
or computes all of them; and experts in stacks, from which every token gathers its matrices. The JSON has, too, the
logits of the model without the experts that a mask drops, of a model built anew without them. What the exporter notes
about its sources is taken out of the files.
"""

import json
import warnings

import onnx
import torch
from torch import nn
from torch.nn import functional

import places
from layer_files import rounded

HIDDEN, WIDTH, EXPERTS, PER_TOKEN, VOCABULARY, LAYERS = 8, 6, 5, 2, 24, 2
KEPT = ((1, 3, 4), (0, 2, 4))
TARGET = places.EXPORTED_BY_TORCH


class Expert(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate_proj = nn.Linear(HIDDEN, WIDTH, bias=False)
        self.up_proj = nn.Linear(HIDDEN, WIDTH, bias=False)
        self.down_proj = nn.Linear(WIDTH, HIDDEN, bias=False)

    def forward(self, x):
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Modules(nn.Module):
    """A router that renormalises a softmax, and a module an expert."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(HIDDEN, EXPERTS, bias=False)
        self.experts = nn.ModuleList(Expert() for _ in range(EXPERTS))

    def keep(self, experts):
        self.gate.weight = nn.Parameter(self.gate.weight[list(experts)])
        self.experts = nn.ModuleList(self.experts[expert] for expert in experts)

    def choose(self, x):
        weights, chosen = torch.topk(functional.softmax(self.gate(x), dim=1, dtype=torch.float), PER_TOKEN, dim=-1)
        return weights / weights.sum(dim=-1, keepdim=True), chosen

    def forward(self, states):
        batch, length, _ = states.shape
        return self.mix(states.view(-1, HIDDEN)).reshape(batch, length, HIDDEN)


class Loop(Modules):
    """Tokens by a mask of ones, results by index_add."""

    def mix(self, x):
        weights, chosen = self.choose(x)
        mask = functional.one_hot(chosen, num_classes=len(self.experts)).permute(2, 1, 0)
        result = torch.zeros((x.shape[0], HIDDEN), dtype=x.dtype)
        for index, expert in enumerate(self.experts):
            place, token = torch.where(mask[index])
            result.index_add_(0, token, expert(x[None, token].reshape(-1, HIDDEN)) * weights[token, place, None])
        return result


class Compared(Modules):
    """Sigmoid scores ranked with a bias, tokens by comparing what was chosen, results added one to the other."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.randn(EXPERTS) * 0.1)

    def keep(self, experts):
        super().keep(experts)
        self.bias = nn.Parameter(self.bias[list(experts)])

    def mix(self, x):
        scores = self.gate(x).sigmoid()
        _, chosen = torch.topk(scores + self.bias, PER_TOKEN, dim=-1)
        weights = scores.gather(1, chosen)
        result = None
        for index, expert in enumerate(self.experts):
            share = (weights * (chosen == index).to(x.dtype)).sum(dim=-1, keepdim=True)
            result = expert(x) * share if result is None else result + expert(x) * share
        return result


class Dense(Modules):
    """All tokens by all experts, of which most count nothing."""

    def mix(self, x):
        weights, chosen = self.choose(x)
        shares = torch.zeros((x.shape[0], len(self.experts)), dtype=x.dtype).scatter(1, chosen, weights)
        result = torch.zeros_like(x)
        for index, expert in enumerate(self.experts):
            result = result + expert(x) * shares[:, index, None]
        return result


class Batched(Modules):
    """Matrices gathered from stacks, a set for every choice."""

    def __init__(self):
        super().__init__()
        self.experts = nn.Module()
        self.experts.gate_up_proj = nn.Parameter(torch.randn(EXPERTS, 2 * WIDTH, HIDDEN) * 0.3)
        self.experts.down_proj = nn.Parameter(torch.randn(EXPERTS, HIDDEN, WIDTH) * 0.3)

    def keep(self, experts):
        self.gate.weight = nn.Parameter(self.gate.weight[list(experts)])
        for name in ("gate_up_proj", "down_proj"):
            setattr(self.experts, name, nn.Parameter(getattr(self.experts, name)[list(experts)]))

    def mix(self, x):
        weights, chosen = self.choose(x)
        repeated = x.repeat_interleave(PER_TOKEN, dim=0).unsqueeze(-1)
        numbers = chosen.reshape(-1)
        gate, up = torch.bmm(self.experts.gate_up_proj[numbers], repeated).squeeze(-1).chunk(2, dim=-1)
        inner = (functional.silu(gate) * up).unsqueeze(-1)
        result = torch.bmm(self.experts.down_proj[numbers], inner).squeeze(-1) * weights.reshape(-1, 1)
        return result.view(-1, PER_TOKEN, HIDDEN).sum(dim=1)


class Layer(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.mlp = block()

    def forward(self, states):
        return states + self.mlp(states)


class Model(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, HIDDEN)
        self.layers = nn.ModuleList(Layer(block) for _ in range(LAYERS))
        self.lm_head = nn.Linear(HIDDEN, VOCABULARY, bias=False)

    def forward(self, input_ids):
        states = self.embed_tokens(input_ids)
        for layer in self.layers:
            states = layer(states)
        return self.lm_head(states)


def export(model, tokens, path, dynamo):
    options = {"input_names": ["input_ids"], "output_names": ["logits"], "dynamo": dynamo}
    if dynamo:
        free = torch.export.Dim.DYNAMIC
        options |= {"dynamic_shapes": {"input_ids": {0: free, 1: free}}, "external_data": False, "verbose": False}
    else:
        options |= {"dynamic_axes": {"input_ids": {0: "batch", 1: "length"}}}
    torch.onnx.export(model, (tokens,), str(path), **options)
    written = onnx.load(path)
    written.graph.ClearField("value_info")
    written.graph.ClearField("metadata_props")
    for node in written.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in (*written.graph.input, *written.graph.output, *written.graph.initializer):
        value.ClearField("metadata_props")
        value.ClearField("doc_string")
    onnx.save(written, path)


def main():
    warnings.filterwarnings("ignore")
    TARGET.mkdir(parents=True, exist_ok=True)
    for seed, block in enumerate((Loop, Compared, Dense, Batched)):
        for dynamo in (False, True):
            torch.manual_seed(seed)
            model = Model(block).eval()
            tokens = torch.randint(0, VOCABULARY, (2, 6))
            name = block.__name__.lower() + ("" if dynamo else "-torchscript")
            export(model, tokens[:1, :5], TARGET / f"{name}.onnx", dynamo)
            with torch.no_grad():
                logits = model(tokens)
                for layer, kept in zip(model.layers, KEPT):
                    layer.mlp.keep(kept)
                pruned = model(tokens)
            content = {"tokens": tokens.tolist(), "logits": logits, "mask": [[int(e in kept) for e in range(EXPERTS)] for kept in KEPT], "prunedLogits": pruned}
            plain = {key: rounded(value) if isinstance(value, torch.Tensor) else value for key, value in content.items()}
            (TARGET / f"{name}.json").write_text(json.dumps(plain) + "\n")


if __name__ == "__main__":
    main()
