#!/usr/bin/env python3
"""Writes a checkpoint of OLMoE's kind with random weights in BF16, and rows of random token ids: something to measure memory and time on, not quality.

Needs NumPy alone: synthetic.py OUT [--layers 4] [--hidden 1024] [--width 512] [--experts 64] [--per-token 8] [--tokens 100000] [--length 1024]
"""

import argparse
import json
import pathlib

import numpy


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    for name, value in (("layers", 4), ("hidden", 1024), ("width", 512), ("experts", 64), ("per-token", 8), ("tokens", 100_000), ("length", 1024), ("vocabulary", 8192)):
        parser.add_argument("--" + name, type=int, default=value)
    return parser.parse_args()


def shapes(o):
    """Names and extents in the order they are stored."""
    yield "model.embed_tokens.weight", (o.vocabulary, o.hidden)
    for layer in range(o.layers):
        prefix = f"model.layers.{layer}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            yield f"{prefix}self_attn.{name}.weight", (o.hidden, o.hidden)
        for name in ("self_attn.q_norm", "self_attn.k_norm", "input_layernorm", "post_attention_layernorm"):
            yield f"{prefix}{name}.weight", (o.hidden,)
        yield f"{prefix}mlp.gate.weight", (o.experts, o.hidden)
        for expert in range(o.experts):
            for name, shape in (("gate_proj", (o.width, o.hidden)), ("up_proj", (o.width, o.hidden)), ("down_proj", (o.hidden, o.width))):
                yield f"{prefix}mlp.experts.{expert}.{name}.weight", shape
    yield "model.norm.weight", (o.hidden,)
    yield "lm_head.weight", (o.vocabulary, o.hidden)


def bfloat16(values):
    """Float32 cut to its upper half."""
    return (values.view(numpy.uint32) >> 16).astype("<u2")


def main():
    o = options()
    o.out.mkdir(parents=True)
    config = {
        "architectures": ["OlmoeForCausalLM"], "model_type": "olmoe", "hidden_act": "silu", "hidden_size": o.hidden, "intermediate_size": o.width,
        "max_position_embeddings": 4096, "norm_topk_prob": False, "num_attention_heads": o.hidden // 64, "num_experts": o.experts,
        "num_experts_per_tok": o.per_token, "num_hidden_layers": o.layers, "num_key_value_heads": o.hidden // 64, "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "vocab_size": o.vocabulary,
        "attention_bias": False, "clip_qkv": None, "rope_scaling": None,
    }
    (o.out / "config.json").write_text(json.dumps(config, indent=2))
    header, at = {}, 0
    for name, shape in shapes(o):
        size = 2 * int(numpy.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    generator = numpy.random.default_rng(1)
    with open(o.out / "model.safetensors", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes(o):
            values = numpy.ones(shape, numpy.float32) if len(shape) == 1 else generator.standard_normal(shape, numpy.float32) / numpy.float32(numpy.sqrt(shape[1]))
            bfloat16(values).tofile(file)
    with open(o.out / "rows.jsonl", "w") as file:
        for row in range(o.tokens // o.length):
            tokens = generator.integers(0, o.vocabulary, o.length).tolist()
            file.write(json.dumps({"domain": "even" if row % 2 == 0 else "odd", "tokens": tokens}) + "\n")
    print(f"{o.out}: {at / 1e6:.0f} MB of weights, {o.tokens // o.length * o.length} tokens")


if __name__ == "__main__":
    main()
