#!/usr/bin/env python3
"""Writes the tiny checkpoints of tiny_checkpoints.py.

transformers gives the tensors' names and shapes and writes the files; the values are drawn here, one NumPy stream per tensor,
so that they depend on neither torch's generator nor the order of the parameters. Running this again gives the same weights.
"""

import json
import math
import pathlib
import re
import shutil
import sys
import tempfile
import zlib

import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file

import deepseek_moe  # noqa: F401  (registers a class)
import kimi_k2  # noqa: F401  (registers a class)
import places
import quantised
from tiny_checkpoints import ALL

LARGEST = 180_000

PLUS_ONE = ("qwen3_next", "qwen3_5_moe_text")
"""Models whose norms add one to their weights."""


def values(name, shape, tiny):
    """Weights that make every part of the network matter: norms off one, experts of unlike strength, decided routers."""
    stream = numpy.random.default_rng([tiny.seed, zlib.crc32(name.encode())])
    if name.endswith("norm.weight") and tiny.config["model_type"] in PLUS_ONE and not name.endswith(".linear_attn.norm.weight"):
        return stream.uniform(-0.4, 0.4, shape)
    if name.endswith("norm.weight"):
        return stream.uniform(0.6, 1.4, shape)
    if name.endswith("A_log"):
        return numpy.log(stream.uniform(0.1, 4.0, shape))
    if name.endswith(".mamba.D"):
        return stream.uniform(0.4, 1.6, shape)
    if name.endswith(("dt_bias", "dt_proj.bias")):
        return stream.uniform(-3.0, 0.0, shape)
    drawn = stream.standard_normal(shape)
    if name.endswith("e_score_correction_bias"):
        return selection_bias(drawn, tiny)
    if name.endswith((".bias", "_bias")):
        return 0.3 * drawn
    if name.endswith(".sinks"):
        return 1.5 * drawn
    if tiny.config["model_type"] == "gpt_oss" and name.endswith(".gate_up_proj"):
        # Large enough that both bounds of the activation are met often.
        return drawn * 5.0 / math.sqrt(shape[1])
    if "embed_tokens" in name:
        return 0.3 * drawn if tiny.config["tie_word_embeddings"] else drawn
    fan_in = shape[-2] if name.endswith(("gate_up_proj", "down_proj")) else shape[-1]
    if re.search(r"\.(gate|gate\.wg|router|router\.layer)\.weight$", name):
        return drawn * 2.0 / math.sqrt(fan_in)
    if re.search(r"(down_proj|down_proj\.weight|\.w2\.weight|output_linear\.weight)$", name):
        strengths = stream.uniform(0.6, 2.4, (shape[0], 1, 1) if len(shape) == 3 else None)
        strengths = 0.1 * strengths if tiny.config["model_type"] == "gpt_oss" else strengths
        return drawn * strengths / math.sqrt(fan_in)
    if name.endswith(".mamba.out_proj.weight"):
        # Norms of what is written and read make a Mamba mixer's outputs large, and sums of them hide rounding.
        return drawn * 0.5 / math.sqrt(fan_in)
    return drawn * 1.4 / math.sqrt(fan_in)


def selection_bias(drawn, tiny):
    """Biases that overrule many scores; with groups most biased scores are negative, which tells what a ruled-out group is filled with."""
    if tiny.config.get("n_group", 1) > 1:
        return 0.3 * drawn - 1.0
    return 0.1 * drawn if tiny.config["model_type"] == "ernie4_5_moe" else 0.3 * drawn


def write(tiny, target):
    """Writes one checkpoint folder: config.json and the safetensors files."""
    dtype = getattr(torch, tiny.config["torch_dtype"])
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        plain = {key: value for key, value in tiny.config.items() if key != "quantization_config"}
        (scratch / "config.json").write_text(json.dumps(plain))
        config = transformers.AutoConfig.from_pretrained(scratch)
        model = transformers.AutoModelForCausalLM.from_config(config).to(dtype)

        # The names on disk are the per-expert ones that hub checkpoints have, so that is where the values go.
        model.save_pretrained(scratch / "shapes")
        stored = read(scratch / "shapes")
        filled = {
            name: torch.from_numpy(values(name, tuple(tensor.shape), tiny)).to(dtype)
            for name, tensor in stored.items()
        }
        save_file(filled, scratch / "model.safetensors", metadata={"format": "pt"})
        model, info = transformers.AutoModelForCausalLM.from_pretrained(scratch, dtype=dtype, output_loading_info=True)
        assert not any(info.values()), info

        bytes_all = sum(tensor.nbytes for tensor in filled.values())
        limit = 2 * bytes_all if tiny.shards == 1 else math.ceil(bytes_all / tiny.shards * 1.05)
        saved = scratch / "saved"
        model.save_pretrained(saved, max_shard_size=limit)
        again = read(saved)
        assert again.keys() == filled.keys()
        assert all(torch.equal(again[name], filled[name]) for name in filled)

        target.mkdir(parents=True, exist_ok=True)
        for path in target.glob("model*"):
            path.unlink()
        if tiny.fused:
            saved = scratch / "fused"
            model.save_pretrained(saved, save_original_format=False)
        section = tiny.config.get("quantization_config")
        if section:
            save(quantised.encode(again, section), target, tiny.shards)
        else:
            for path in sorted(saved.glob("model*")):
                shutil.copyfile(path, target / path.name)
        if tiny.resaved:
            shutil.copyfile(saved / "config.json", target / "config.json")
        else:
            (target / "config.json").write_text(json.dumps(tiny.config, indent=2) + "\n")
    files = list(target.glob("model*.safetensors"))
    assert len(files) == tiny.shards, files
    size = sum(path.stat().st_size for path in files)
    assert size <= LARGEST, (tiny.name, size)
    return size


def save(tensors, target, shards):
    """One file; or several, numbered from 0 with a total that is one too small, as gpt-oss was published."""
    if shards == 1:
        save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    names = sorted(tensors)
    index = {"metadata": {"total_size": sum(tensor.nbytes for tensor in tensors.values())}, "weight_map": {}}
    for shard in range(shards if shards > 1 else 0):
        file = f"model-{shard:05}-of-{shards - 1:05}.safetensors"
        part = names[shard * len(names) // shards : (shard + 1) * len(names) // shards]
        save_file({name: tensors[name] for name in part}, target / file, metadata={"format": "pt"})
        index["weight_map"] |= dict.fromkeys(part, file)
    if shards > 1:
        (target / "model.safetensors.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")
    for path in target.glob("model*.safetensors"):
        path.chmod(0o644)


def read(folder):
    tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        tensors.update(load_file(path))
    return tensors


def main(names):
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for tiny in ALL:
        if not names or tiny.name in names:
            size = write(tiny, places.CHECKPOINTS / tiny.name)
            print(f"{tiny.name}: {size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
