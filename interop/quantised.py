"""Quantised checkpoints: how their tensors are made from plain ones, and back."""

import json
import math

import torch
from transformers.integrations.mxfp4 import FP4_VALUES, convert_moe_packed_tensors

LARGEST = 448.0
"""Largest number in F8_E4M3."""

PLAIN = ("embed_tokens", "lm_head", "norm", "mlp.gate.", "layernorm")
"""What the publishers of such checkpoints leave as it is."""


def encode(tensors, section):
    """The tensors as a checkpoint with this quantization_config stores them."""
    if section["quant_method"] == "mxfp4":
        return _encode_mxfp4(tensors)
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
    if section["quant_method"] == "mxfp4":
        return _decode_mxfp4(tensors)
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


def _encode_mxfp4(tensors):
    """Stacks of experts, [E, in, out], as blocks of 32 inputs of an output: four bits each, and a power of two."""
    codes = torch.tensor(FP4_VALUES)
    stored = {}
    for name, tensor in tensors.items():
        if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            stored[name] = tensor
            continue
        rows = tensor.float().transpose(1, 2)
        blocks = rows.reshape(*rows.shape[:2], -1, 32)
        exponents = torch.ceil(torch.log2(blocks.abs().amax(dim=-1) / codes.max())).clamp(-127, 127)
        nearest = (blocks / torch.exp2(exponents)[..., None])[..., None].sub(codes).abs().argmin(dim=-1).to(torch.uint8)
        stored[f"{name}_blocks"] = nearest[..., 0::2] | nearest[..., 1::2] << 4
        stored[f"{name}_scales"] = (exponents + 127).to(torch.uint8)
    return stored


def _decode_mxfp4(tensors):
    plain = {name: tensor.float() for name, tensor in tensors.items() if not name.endswith(("_blocks", "_scales"))}
    for name, blocks in tensors.items():
        if name.endswith("_blocks"):
            weight = name.removesuffix("_blocks")
            plain[weight] = convert_moe_packed_tensors(blocks, tensors[f"{weight}_scales"], dtype=torch.float32)
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
