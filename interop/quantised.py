"""Quantised checkpoints: how their tensors are made from plain ones, and back."""

import json
import math

import torch

LARGEST = 448.0
"""Largest number in F8_E4M3."""

PLAIN = ("embed_tokens", "lm_head", "norm", "mlp.gate.", "layernorm")
"""What the publishers of such checkpoints leave as it is."""


def encode(tensors, section):
    """The tensors as a checkpoint with this quantization_config stores them."""
    stored = {}
    for name, tensor in tensors.items():
        if tensor.ndim != 2 or any(part in name for part in PLAIN) or name.removesuffix(".weight") in _ignored(section):
            stored[name] = tensor
            continue
        rows, columns = _blocks(section, tensor)
        scales = _largest(tensor.float(), rows, columns) / LARGEST
        stored[name] = (tensor.float() / _spread(scales, tensor, rows, columns)).to(torch.float8_e4m3fn)
        stored[name + _ending(section)] = scales
    return stored


def decode(tensors, section):
    """The weights in float32 under their plain names."""
    plain = {}
    for name, tensor in tensors.items():
        scales = tensors.get(name + _ending(section))
        if name.endswith(_ending(section)):
            continue
        if scales is None:
            plain[name] = tensor.float()
            continue
        rows, columns = _blocks(section, tensor)
        plain[name] = tensor.float() * _spread(scales.float(), tensor, rows, columns)
    return plain


def section_of(folder):
    """The quantization_config of a checkpoint, or None."""
    return json.loads((folder / "config.json").read_text()).get("quantization_config")


def _ending(section):
    return "_scale_inv" if section["quant_method"] == "fp8" else "_scale"


def _ignored(section):
    return section.get("modules_to_not_convert", []) + section.get("ignored_layers", []) + section.get("ignore", [])


def _blocks(section, tensor):
    """Extents of a block: as configured, or a row."""
    return section.get("weight_block_size") or (1, tensor.shape[1])


def _largest(tensor, rows, columns):
    grid = torch.zeros(math.ceil(tensor.shape[0] / rows), math.ceil(tensor.shape[1] / columns))
    for row in range(grid.shape[0]):
        for column in range(grid.shape[1]):
            block = tensor[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns]
            grid[row, column] = block.abs().max()
    return grid


def _spread(scales, tensor, rows, columns):
    return scales.repeat_interleave(rows, 0)[: tensor.shape[0]].repeat_interleave(columns, 1)[:, : tensor.shape[1]]
