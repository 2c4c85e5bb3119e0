"""What a checkpoint computes, according to transformers in float32 on the CPU with its plain ("eager") attention and experts.

What a run does not show by itself (the output of every single expert) is computed again from the block's input and the weights as they
stand in the files, and has to give the block's own output.
"""

import dataclasses
import pathlib

import numpy
import torch
import transformers
from safetensors.torch import load_file

EXPERT_NAMES = {
    "mixtral": ("block_sparse_moe.experts.{}.w1", "block_sparse_moe.experts.{}.w3", "block_sparse_moe.experts.{}.w2"),
    None: ("mlp.experts.{}.gate_proj", "mlp.experts.{}.up_proj", "mlp.experts.{}.down_proj"),
}
LARGEST_DIFFERENCE = 1e-5


@dataclasses.dataclass
class Block:
    """One mixture-of-experts block and one sequence of n tokens; E experts, K of them chosen, hidden size H."""

    layer: int
    input: numpy.ndarray
    """[n, H] what router and experts see."""
    output: numpy.ndarray
    """[n, H] what is added to the hidden state."""
    router_logits: numpy.ndarray
    """[n, E]"""
    scores: numpy.ndarray
    """[n, E] softmax of the logits over all experts."""
    selected: numpy.ndarray
    """[n, K] chosen experts, best first."""
    gates: numpy.ndarray
    """[n, K] what the chosen experts' outputs are multiplied by."""
    expert_outputs: numpy.ndarray
    """[n, K, H] outputs of the chosen experts before that."""


@dataclasses.dataclass
class Run:
    """One sequence through the model."""

    logits: numpy.ndarray
    """[n, V]"""
    hidden: list
    """Hidden state after every layer, before the final norm; [n, H] each."""
    blocks: list

    def losses(self, tokens):
        """Loss of every predicted token (positions 2..n) in nats, in float64 from the float32 logits."""
        return losses(self.logits, tokens)


def losses(logits, tokens):
    wide = logits[:-1].astype(numpy.float64)
    top = wide.max(axis=-1, keepdims=True)
    normaliser = top[:, 0] + numpy.log(numpy.exp(wide - top).sum(axis=-1))
    return normaliser - wide[numpy.arange(len(tokens) - 1), numpy.asarray(tokens[1:])]


def load(folder):
    """The model in float32; every tensor of the files has its place and every place its tensor."""
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager", output_loading_info=True
    )
    assert not any(info.values()), (folder, info)
    return model.eval()


def read_tensors(folder):
    """All tensors as they are named in the files, widened to float32."""
    tensors = {}
    for path in sorted(pathlib.Path(folder).glob("model*.safetensors")):
        tensors.update({name: tensor.float() for name, tensor in load_file(path).items()})
    return tensors


class Oracle:
    """A checkpoint folder that can be asked what happens inside."""

    def __init__(self, folder):
        self.model = load(folder)
        self.config = self.model.config
        self.tensors = read_tensors(folder)
        self.names = EXPERT_NAMES.get(self.config.model_type, EXPERT_NAMES[None])
        self.layers = self.model.model.layers
        self.moe_layers = [i for i, layer in enumerate(self.layers) if hasattr(layer.mlp, "experts")]

    def logits(self, tokens):
        """[n, V] in float32."""
        with torch.no_grad():
            return self.model(torch.tensor([tokens]), use_cache=False).logits[0].numpy()

    def mean_loss(self, sequences):
        """Total loss over total predicted tokens."""
        parts = [losses(self.logits(tokens), tokens) for tokens in sequences]
        return float(sum(part.sum() for part in parts) / sum(len(part) for part in parts))

    def run(self, tokens):
        """One sequence, watched."""
        hidden, seen, hooks = [], {}, []
        for index, layer in enumerate(self.layers):
            hooks.append(layer.register_forward_hook(lambda _m, _a, out: hidden.append(out[0] if isinstance(out, tuple) else out)))
            if index in self.moe_layers:
                hooks.append(layer.mlp.register_forward_hook(lambda _m, args, out, i=index: seen.update({("block", i): (args[0], out)})))
                hooks.append(layer.mlp.gate.register_forward_hook(lambda _m, _a, out, i=index: seen.update({("router", i): out})))
        try:
            logits = self.logits(tokens)
        finally:
            for hook in hooks:
                hook.remove()
        with torch.no_grad():
            blocks = [self._block(i, *seen[("block", i)], *seen[("router", i)]) for i in self.moe_layers]
        return Run(logits, [state[0].numpy() for state in hidden], blocks)

    def expert(self, layer, expert, inputs):
        """What one expert makes of rows of inputs, from the weights in the files."""
        gate, up, down = (self.tensors[f"model.layers.{layer}.{name.format(expert)}.weight"] for name in self.names)
        return (torch.nn.functional.silu(inputs @ gate.T) * (inputs @ up.T)) @ down.T

    def _block(self, layer, inputs, output, logits, gates, selected):
        inputs, output = inputs[0], output[0]
        outputs = torch.empty(*selected.shape, inputs.shape[-1])
        for expert in range(logits.shape[-1]):
            token, place = torch.where(selected == expert)
            outputs[token, place] = self.expert(layer, expert, inputs[token])
        again = (gates[..., None] * outputs).sum(dim=1)
        limit = LARGEST_DIFFERENCE * max(1.0, output.abs().max().item())
        assert (again - output).abs().max() <= limit, (layer, (again - output).abs().max())
        arrays = (inputs, output, logits, torch.softmax(logits, dim=-1), selected, gates, outputs)
        return Block(layer, *(array.numpy().copy() for array in arrays))
