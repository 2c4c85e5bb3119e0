"""One calibration pass with transformers: the sums behind REAP, by domain, layer and expert.

Writes a JSON document with what was computed and what it cost. The model runs without its output
projection, in float32, under inference mode. Sequences are sorted by length and padded on the right:
causal attention then needs no mask, and padded rows never reach an expert.

    rival.py MODEL DATA -o OUT.json [--threads N] [--batch N] [--experts loop|grouped|hook|plain] [--flush]

loop, grouped  the sums are taken inside the experts' forward (the library's own extension point), where
               the outputs are at hand: nothing is computed twice
hook           forward hooks on the stock modules; a hook sees the experts' weighted sum only, so it
               computes the outputs of the routed pairs once more
plain          no sums at all: the floor under every rival of this kind
"""

import argparse
import json
import os
import resource
import time

STARTED = time.perf_counter()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--attention", default="sdpa", choices=["sdpa", "eager"])
    parser.add_argument("--experts", default="grouped", choices=["loop", "grouped", "hook", "plain"])
    parser.add_argument("--flush", action="store_true", help="treat denormal numbers as zero")
    parser.add_argument("--passes", type=int, default=1, help="repeat the pass; the fastest counts")
    parser.add_argument("--max-sequences", type=int, default=None)
    return parser.parse_args()


ARGS = arguments()
os.environ["OMP_NUM_THREADS"] = str(ARGS.threads)
os.environ["TOKENIZERS_PARALLELISM"] = "true" if ARGS.threads > 1 else "false"
os.environ["RAYON_NUM_THREADS"] = str(ARGS.threads)
os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
import transformers  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402
from transformers import AutoModel  # noqa: E402
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS  # noqa: E402


class Sums:
    """Counts, sum of |f|, sum of g|f| and largest component, [domains, layers, experts] each."""

    def __init__(self, domains, layers, experts):
        shape = (layers, domains * experts)
        self.experts = experts
        self.n = torch.zeros(shape, dtype=torch.float64)
        self.a1 = torch.zeros(shape, dtype=torch.float64)
        self.r1 = torch.zeros(shape, dtype=torch.float64)
        self.mx = torch.zeros(shape, dtype=torch.float32)
        self.valid = None  # row numbers of real tokens, or None where no row is padding
        self.domain = None  # domain of every real token

    def batch(self, valid, domain):
        self.valid = valid
        self.domain = domain

    def add(self, layer, tokens, experts, coefficients, outputs):
        """Counts pairs in: token number, expert, coefficient [P] and output [P, H] of each."""
        cell = self.domain[tokens] * self.experts + experts
        norms = torch.linalg.vector_norm(outputs, dim=-1)
        cells = self.n.shape[1]
        doubles = norms.double()
        self.n[layer] += torch.bincount(cell, minlength=cells)
        self.a1[layer] += torch.bincount(cell, doubles, cells)
        self.r1[layer] += torch.bincount(cell, doubles * coefficients.double(), cells)
        low, high = torch.aminmax(outputs, dim=-1)
        self.mx[layer].scatter_reduce_(0, cell, torch.maximum(high, -low), "amax")

    def document(self, domains):
        def nested(values):
            layers = values.shape[0]
            return values.view(layers, len(domains), self.experts).tolist()

        return {name: nested(getattr(self, name)) for name in ("n", "a1", "r1", "mx")}


def pairs_by_expert(module, selected, coefficients):
    perToken = selected.shape[1]
    experts, order = torch.sort(selected.reshape(-1), stable=True)
    tokens = order // perToken
    counts = torch.bincount(experts, minlength=module.num_experts)
    return experts, order, tokens, coefficients.reshape(-1)[order], counts


def loop(module, rows, counts):
    """One pair of products per expert, on rows that lie together."""
    outputs = []
    for expert, part in enumerate(rows.split(counts.tolist())):
        if part.shape[0]:
            gate, up = F.linear(part, module.gate_up_proj[expert]).chunk(2, dim=-1)
            outputs.append(F.linear(F.silu(gate) * up, module.down_proj[expert]))
    return torch.cat(outputs)


def grouped(module, rows, counts):
    """The library's grouped products."""
    ends = torch.cumsum(counts, 0, dtype=torch.int32)
    both = F.grouped_mm(rows, module.gate_up_proj.transpose(-2, -1), offs=ends)
    gate, up = both.chunk(2, dim=-1)
    return F.grouped_mm(F.silu(gate) * up, module.down_proj.transpose(-2, -1), offs=ends)


def experts_forward(sums, products):
    """The experts of a layer, on real tokens only."""

    def forward(module, hidden, selected, coefficients):
        valid = None if sums is None else sums.valid
        rows = hidden if valid is None else hidden[valid]
        if valid is not None:
            selected = selected[valid]
            coefficients = coefficients[valid]
        experts, order, tokens, weights, counts = pairs_by_expert(module, selected, coefficients)
        outputs = products(module, rows[tokens], counts)
        if ARGS.experts != "plain":
            sums.add(module.layer, tokens, experts, weights, outputs)
        weighted = torch.empty_like(outputs)
        weighted[order] = outputs * weights[:, None]
        routed = weighted.view(rows.shape[0], -1, rows.shape[1]).sum(dim=1)
        if valid is None:
            return routed
        return torch.zeros_like(hidden).index_copy_(0, valid, routed)

    return forward


def hook(sums):
    def forward_hook(module, inputs, output):
        hidden, selected, coefficients = inputs
        if sums.valid is not None:
            hidden = hidden[sums.valid]
            selected = selected[sums.valid]
            coefficients = coefficients[sums.valid]
        experts, _, tokens, weights, counts = pairs_by_expert(module, selected, coefficients)
        sums.add(module.layer, tokens, experts, weights, loop(module, hidden[tokens], counts))

    return forward_hook


def read(path, folder, longest):
    rows = [json.loads(line) for line in open(path, encoding="utf-8") if line.strip()]
    rows = rows[: ARGS.max_sequences]
    if "tokens" in rows[0]:
        return [(row["domain"], row["tokens"][:longest]) for row in rows]
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    encoded = tokenizer.encode_batch([row["text"] for row in rows])
    return [(row["domain"], code.ids[:longest]) for row, code in zip(rows, encoded)]


def batches(sequences, domains, size):
    """Token ids [B, T] with the rows and domains of real tokens."""
    ordered = sorted(sequences, key=lambda sequence: len(sequence[1]))
    for start in range(0, len(ordered), size):
        part = ordered[start : start + size]
        width = max(len(ids) for _, ids in part)
        tokens = torch.zeros((len(part), width), dtype=torch.long)
        real = torch.zeros((len(part), width), dtype=torch.bool)
        domain = torch.empty((len(part), width), dtype=torch.long)
        for row, (name, ids) in enumerate(part):
            tokens[row, : len(ids)] = torch.tensor(ids)
            real[row, : len(ids)] = True
            domain[row] = domains.index(name)
        valid = None if real.all() else real.view(-1).nonzero().view(-1)
        yield tokens, valid, domain[real]


def main():
    torch.set_num_threads(ARGS.threads)
    torch.set_flush_denormal(ARGS.flush)
    imported = time.perf_counter()
    model = AutoModel.from_pretrained(
        ARGS.model, dtype=torch.float32, attn_implementation=ARGS.attention
    ).eval()
    loaded = time.perf_counter()
    config = model.config
    sequences = read(ARGS.data, ARGS.model, config.max_position_embeddings)
    domains = list(dict.fromkeys(name for name, _ in sequences))
    tokenized = time.perf_counter()

    sums, passes = None, []
    with torch.inference_mode():
        for _ in range(ARGS.passes):
            begin, beginCpu = time.perf_counter(), time.process_time()
            sums = Sums(len(domains), config.num_hidden_layers, config.num_experts)
            prepare(model, sums)
            for tokens, valid, domain in batches(sequences, domains, ARGS.batch):
                sums.batch(valid, domain)
                model(input_ids=tokens, use_cache=False)
            passes.append((time.perf_counter() - begin, time.process_time() - beginCpu))

    usage = resource.getrusage(resource.RUSAGE_SELF)
    document = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "sequences": len(sequences),
        "tokens": sum(len(ids) for _, ids in sequences),
        "domains": domains,
        "importSeconds": imported - STARTED,
        "loadSeconds": loaded - imported,
        "tokenizeSeconds": tokenized - loaded,
        "passSeconds": min(wall for wall, _ in passes),
        "passCpuSeconds": min(cpu for _, cpu in passes),
        "peakBytes": usage.ru_maxrss * 1024,
        "sums": sums.document(domains),
    }
    with open(ARGS.output, "w", encoding="utf-8") as file:
        json.dump(document, file)


def prepare(model, sums):
    """Makes the model's experts report to the sums."""
    for number, layer in enumerate(model.layers):
        experts = layer.mlp.experts
        experts.layer = number
        experts._forward_hooks.clear()
        if ARGS.experts == "hook":
            experts.register_forward_hook(hook(sums))
    if ARGS.experts == "hook":
        model.set_experts_implementation("eager")
    else:
        products = loop if ARGS.experts == "loop" else grouped
        ALL_EXPERTS_FUNCTIONS["moetool_rival"] = experts_forward(sums, products)
        model.set_experts_implementation("moetool_rival")


main()
