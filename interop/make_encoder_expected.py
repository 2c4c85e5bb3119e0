#!/usr/bin/env python3
"""Writes the tiny checkpoint of an encoder-decoder model, Switch Transformers, and what transformers computes from it.

Beside the weights: expected.json (sources, targets and losses) and expected.safetensors (logits, and what every mixture-of-experts block
saw and did, layers of the encoder first). Sequences are so long, and capacity so small, that tokens are dropped in encoder and decoder.
What experts did is added up beside the analyzers' tests: dropped tokens are no routed pairs there, but the router saw them.
"""

import dataclasses
import json
import shutil
import tempfile
import zlib
from pathlib import Path

import numpy
import safetensors.numpy
import torch
import transformers
from safetensors.torch import save_file

import expert_sums
import places

SEED = 1801
CLOSEST_CALL = 1e-3
LENGTHS = ((23, 17), (40, 31), (9, 12))
"""Tokens of source and target."""
OF_ALL_TOKENS = ("soft", "zsum", "zgram")
"""Sums over what the router says, whether an expert took the token or not."""

CONFIG = {
    "add_router_probs": False,
    "architectures": ["SwitchTransformersForConditionalGeneration"],
    "d_ff": 20,
    "d_kv": 6,
    "d_model": 32,
    "decoder_sparse_step": 2,
    "decoder_start_token_id": 0,
    "dense_act_fn": "relu",
    "dropout_rate": 0.1,
    "encoder_sparse_step": 2,
    "eos_token_id": 1,
    "expert_capacity": 6,
    "feed_forward_proj": "relu",
    "initializer_factor": 1.0,
    "is_encoder_decoder": True,
    "is_gated_act": False,
    "layer_norm_epsilon": 1e-06,
    "model_type": "switch_transformers",
    "num_decoder_layers": 3,
    "num_experts": 6,
    "num_heads": 4,
    "num_layers": 4,
    "num_sparse_decoder_layers": 1,
    "num_sparse_encoder_layers": 2,
    "pad_token_id": 0,
    "relative_attention_max_distance": 20,
    "relative_attention_num_buckets": 8,
    "router_bias": False,
    "router_dtype": "float32",
    "router_ignore_padding_tokens": False,
    "router_jitter_noise": 0.01,
    "tie_word_embeddings": True,
    "torch_dtype": "float32",
    "use_cache": True,
    "vocab_size": 72,
}


def values(name, shape):
    """Weights that make every part of the network matter: norms off one, experts of unlike strength, decided routers."""
    stream = numpy.random.default_rng([SEED, zlib.crc32(name.encode())])
    if name.endswith("layer_norm.weight"):
        return stream.uniform(0.6, 1.4, shape)
    drawn = stream.standard_normal(shape)
    if name == "shared.weight" or name.endswith("relative_attention_bias.weight"):
        return drawn
    if name.endswith("classifier.weight"):
        return drawn * 2.0 / numpy.sqrt(shape[-1])
    if name.endswith(".wo.weight"):
        return drawn * stream.uniform(0.6, 2.4) / numpy.sqrt(shape[-1])
    if name.endswith((".q.weight", ".k.weight")):
        # Products of queries and keys are not scaled.
        return drawn * 0.7 / numpy.sqrt(shape[-1])
    return drawn * 1.4 / numpy.sqrt(shape[-1])


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        shutil.copyfile(folder / "config.json", scratch / "config.json")
        config = transformers.AutoConfig.from_pretrained(scratch)
        transformers.SwitchTransformersForConditionalGeneration(config).save_pretrained(scratch / "shapes")
        stored = safetensors.numpy.load_file(scratch / "shapes" / "model.safetensors")
    filled = {name: torch.from_numpy(values(name, tensor.shape)).float() for name, tensor in stored.items()}
    save_file(filled, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def load(folder):
    model, info = transformers.AutoModelForSeq2SeqLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not any(info.values()), info
    return model.eval()


def losses(logits, targets):
    wide = logits.astype(numpy.float64)
    top = wide.max(axis=-1, keepdims=True)
    normaliser = top[:, 0] + numpy.log(numpy.exp(wide - top).sum(axis=-1))
    return normaliser - wide[numpy.arange(len(targets)), numpy.asarray(targets)]


def run(model, source, target):
    """Logits of the targets, and per block: input, output of the experts, router logits, hidden state after the layer."""
    seen, hooks, blocks = {}, [], [*model.encoder.block, *model.decoder.block]
    for index, block in enumerate(blocks):
        hooks.append(block.register_forward_hook(lambda _m, _a, out, i=index: seen.update({("hidden", i): out[0][0]})))
        mlp = block.layer[-1].mlp
        if hasattr(mlp, "router"):
            hooks.append(mlp.register_forward_pre_hook(lambda _m, args, i=index: seen.update({("input", i): args[0][0]})))
            hooks.append(mlp.register_forward_hook(lambda _m, _a, out, i=index: seen.update({("output", i): out[0]})))
            hooks.append(mlp.router.register_forward_hook(lambda _m, _a, out, i=index: seen.update({("router", i): out})))
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([source]), labels=torch.tensor([target])).logits[0].numpy()
    for hook in hooks:
        hook.remove()
    return logits, {key: value for key, value in seen.items()}


@dataclasses.dataclass
class Pairs:
    """What some tokens of one sequence went through in one layer, as expert_sums takes it; n tokens, E experts, hidden size H."""

    input: numpy.ndarray
    router_logits: numpy.ndarray
    scores: numpy.ndarray
    selected: numpy.ndarray
    gates: numpy.ndarray
    expert_outputs: numpy.ndarray
    hidden_after: numpy.ndarray
    taken: numpy.ndarray
    """[n] whether the chosen expert took the token."""

    def of(self, rows):
        return Pairs(*(getattr(self, field.name)[rows] for field in dataclasses.fields(self)))


def pairs(model, seen, layer):
    """Runs the chosen experts by themselves; the block's output has to be what follows from that."""
    mlp = [*model.encoder.block, *model.decoder.block][layer].layer[-1].mlp
    given = seen[("input", layer)]
    taken, probability, logits = (part[0] for part in seen[("router", layer)])
    chosen = logits.argmax(dim=-1)
    with torch.no_grad():
        outputs = torch.stack([getattr(mlp.experts, f"expert_{expert}")(row) for expert, row in zip(chosen.tolist(), given)])
    accepted = taken.sum(dim=-1) > 0
    gates = probability.reshape(-1, 1) * accepted[:, None]
    assert torch.allclose(gates * outputs, seen[("output", layer)], atol=1e-5)
    found = (given, logits, torch.softmax(logits, dim=-1), chosen[:, None], gates, outputs[:, None], seen[("hidden", layer)], accepted)
    return Pairs(*(array.numpy() for array in found))


def totals(blocks):
    """Sums of one layer over several sequences."""
    total = expert_sums.sums([block.of(block.taken) for block in blocks], CONFIG["num_experts"])
    return total | {name: values for name, values in expert_sums.sums(blocks, CONFIG["num_experts"]).items() if name in OF_ALL_TOKENS}


def statistics(sequences, blocks):
    found = []
    for layer, of_layer in sorted(blocks.items()):
        total = totals(of_layer)
        found.append(
            {
                "layer": layer,
                "tokens": sum(len(block.taken) for block in of_layer),
                "dropped": int(sum((~block.taken).sum() for block in of_layer)),
                "sums": {name: array.tolist() for name, array in total.items()},
                "scores": {name: array.tolist() for name, array in expert_sums.scores(total).items()},
            }
        )
    return {"sequences": [{"source": row["source"], "target": row["target"]} for row in sequences], "layers": found}


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    folder = places.ENCODER_CHECKPOINTS / "switch-transformers"
    write(folder)
    model = load(folder)
    stream = numpy.random.default_rng([SEED, 7])
    arrays, sequences, every, dropped, blocks, margin = {}, [], [], {}, {}, numpy.inf
    for index, lengths in enumerate(LENGTHS):
        source, target = (stream.integers(2, CONFIG["vocab_size"], length).tolist() for length in lengths)
        logits, seen = run(model, source, target)
        loss = losses(logits, target)
        every.append(loss)
        sequences.append({"source": source, "target": target, "meanNll": float(loss.mean())})
        arrays[f"sequence.{index}.logits"] = logits
        for (what, layer), value in seen.items():
            name = f"sequence.{index}.layer.{layer}."
            if what == "router":
                taken, probability, router_logits = (part[0] for part in value)
                ranked = numpy.sort(router_logits.numpy(), axis=-1)
                margin = min(margin, (ranked[:, -1] - ranked[:, -2]).min())
                arrays[name + "moe.router_logits"] = router_logits.numpy()
                arrays[name + "moe.gates"] = (probability * taken.sum(dim=-1, keepdim=True)).numpy()
                dropped[layer] = dropped.get(layer, 0) + int((taken.sum(dim=-1) == 0).sum())
                block = pairs(model, seen, layer)
                blocks.setdefault(layer, []).append(block)
                arrays[name + "moe.expert_norms"] = numpy.linalg.norm(block.expert_outputs, axis=-1)
                arrays[name + "moe.expert_maxima"] = numpy.abs(block.expert_outputs).max(axis=-1)
            else:
                arrays[name + ("hidden" if what == "hidden" else "moe." + what)] = value.numpy()
    assert margin > CLOSEST_CALL, margin
    assert all(dropped.values()), dropped
    expected = {
        "name": folder.name,
        "madeWith": {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": numpy.__version__},
        "sequences": sequences,
        "predictedTokens": sum(map(len, every)),
        "meanNll": float(numpy.concatenate(every).mean()),
        "droppedTokens": {str(layer): count for layer, count in sorted(dropped.items())},
        "buckets": buckets(),
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    safetensors.numpy.save_file({name: numpy.ascontiguousarray(array) for name, array in arrays.items()}, folder / "expected.safetensors")
    (folder / "expected.safetensors").chmod(0o644)
    places.ENCODER_STATISTICS.mkdir(parents=True, exist_ok=True)
    (places.ENCODER_STATISTICS / f"{folder.name}.json").write_text(json.dumps(statistics(sequences, blocks)) + "\n")
    print(f"{folder.name}: loss {expected['meanNll']:.6f}, closest call {margin:.4f}, dropped {dropped}")


def buckets():
    """Buckets of distances to tokens before, as the reference library counts them."""
    attention = transformers.models.switch_transformers.modeling_switch_transformers.SwitchTransformersAttention
    found = []
    for count, longest in ((32, 128), (8, 20)):
        for both in (True, False):
            ids = attention._relative_position_bucket(-torch.arange(longest + 1), both, count, longest).tolist()
            found.append({"buckets": count, "maxDistance": longest, "encoder": both, "byDistance": ids})
    return found


if __name__ == "__main__":
    main()
