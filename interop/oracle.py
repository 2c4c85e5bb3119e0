"""What a checkpoint computes, according to transformers in float32 on the CPU with its plain ("eager") attention and experts.

What a run does not show by itself (the output of every single expert) is computed again from the block's input and the weights as they
stand in the files, and has to give the block's own output.
"""

import dataclasses
import json
import pathlib
import tempfile

import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file

import deepseek_moe  # noqa: F401  (registers a class)
import kimi_k2  # noqa: F401  (registers a class)
import phimoe_longrope  # noqa: F401  (mends a class)
import quantised
import routing

MIXTRAL_NAMES = ("block_sparse_moe.experts.{}.w1", "block_sparse_moe.experts.{}.w3", "block_sparse_moe.experts.{}.w2")
EXPERT_NAMES = {
    "mixtral": MIXTRAL_NAMES,
    "minimax_m2": MIXTRAL_NAMES,
    "phimoe": MIXTRAL_NAMES,
    "jamba": ("feed_forward.experts.{}.gate_proj", "feed_forward.experts.{}.up_proj", "feed_forward.experts.{}.down_proj"),
    None: ("mlp.experts.{}.gate_proj", "mlp.experts.{}.up_proj", "mlp.experts.{}.down_proj"),
}
ROUTER_NAMES = ("mlp.gate", "mlp.gate.wg", "mlp.router", "feed_forward.router", "block_sparse_moe.gate", "block_sparse_moe.router.layer")
STACKED_NAMES = (
    ("block_sparse_moe.input_linear.weight", "block_sparse_moe.output_linear.weight"),
    ("mlp.experts.gate_up_proj", "mlp.experts.down_proj"),
    ("feed_forward.experts.gate_up_proj", "feed_forward.experts.down_proj"),
)
SELECTION_BIAS = "e_score_correction_bias"
LARGEST_DIFFERENCE = 1e-5


@dataclasses.dataclass
class Block:
    """One mixture-of-experts block and one sequence of n tokens; E experts, K of them chosen, hidden size H."""

    layer: int
    input: numpy.ndarray
    """[n, H] what router and experts see."""
    output: numpy.ndarray
    """[n, H] what the routed experts add to the hidden state, before any norm or factor."""
    router_logits: numpy.ndarray
    """[n, E]"""
    scores: numpy.ndarray
    """[n, E] score of every expert: softmax of the logits over all experts, or their sigmoids."""
    choices: numpy.ndarray
    """[n, E] what the largest are chosen of: with selection bias, -inf in groups that are ruled out."""
    group_margin: float
    """Least difference that decided whether a group of experts takes part."""
    near_margin: float
    """Least difference that decided whether an expert counts as near the chosen one, where gates depend on that."""
    selected: numpy.ndarray
    """[n, K] chosen experts, best first."""
    gates: numpy.ndarray
    """[n, K] what the chosen experts' outputs are multiplied by."""
    expert_outputs: numpy.ndarray
    """[n, K, H] outputs of the chosen experts before that."""
    hidden_after: numpy.ndarray
    """[n, H] hidden state after the layer."""


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
    if quantised.section_of(pathlib.Path(folder)):
        with tempfile.TemporaryDirectory() as scratch:
            return load(_decoded(pathlib.Path(folder), pathlib.Path(scratch)))
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager", output_loading_info=True
    )
    assert not any(info.values()), (folder, info)
    return model.eval()


def _decoded(folder, target):
    """A copy of a quantised checkpoint with plain weights in float32: transformers runs no FP8 on the CPU, nor blocks that are partial."""
    config = json.loads((folder / "config.json").read_text())
    del config["quantization_config"]
    (target / "config.json").write_text(json.dumps({**config, "torch_dtype": "float32"}))
    save_file(weights(folder), target / "model.safetensors", metadata={"format": "pt"})
    return target


def weights(folder):
    """All weights in float32; quantised ones decoded."""
    section = quantised.section_of(pathlib.Path(folder))
    return quantised.decode(stored(folder), section) if section else read_tensors(folder)


def stored(folder):
    """All tensors as they are named and typed in the files."""
    tensors = {}
    for path in sorted(pathlib.Path(folder).glob("model*.safetensors")):
        tensors.update(load_file(path))
    return tensors


def read_tensors(folder):
    """All tensors as they are named in the files, widened to float32."""
    return {name: tensor.float() for name, tensor in stored(folder).items()}


class Oracle:
    """A checkpoint folder that can be asked what happens inside."""

    def __init__(self, folder):
        self.model = load(folder)
        self.config = self.model.config
        self.tensors = weights(folder)
        self.names = EXPERT_NAMES.get(self.config.model_type, EXPERT_NAMES[None])
        self.layers = self.model.model.layers
        self.stacked = next((names for names in STACKED_NAMES if any(name.endswith(names[0]) for name in self.tensors)), ())
        self.moe_layers = [i for i, layer in enumerate(self.layers) if hasattr(feed_forward(layer), "experts")]

    @property
    def experts(self):
        """E."""
        return len(self.tensors[router_name(self.tensors, self.moe_layers[0])])

    @property
    def groups(self):
        """Number of groups of experts, and how many of them take part."""
        return routing.groups(self.config)

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
                block = feed_forward(layer)
                hooks.append(block.register_forward_pre_hook(lambda _m, args, i=index: seen.update({("input", i): args[0]})))
                hooks.append(block.experts.register_forward_hook(lambda _m, _a, out, i=index: seen.update({("output", i): out})))
                hooks.append(router(layer).register_forward_hook(lambda _m, _a, out, i=index: seen.update({("router", i): out})))
        try:
            logits = self.logits(tokens)
        finally:
            for hook in hooks:
                hook.remove()
        with torch.no_grad():
            blocks = [self._block(i, seen[("input", i)], seen[("output", i)], seen[("router", i)], hidden[i][0]) for i in self.moe_layers]
        return Run(logits, [state[0].numpy() for state in hidden], blocks)

    def expert(self, layer, expert, inputs):
        """What one expert makes of rows of inputs, from the weights in the files."""
        activations, down = self.neurons(layer, expert, inputs)
        if self.config.model_type == "gpt_oss":
            return activations @ down + self.tensors[f"model.layers.{layer}.mlp.experts.down_proj_bias"][expert]
        return activations @ down

    def neurons(self, layer, expert, inputs):
        """[n, I] what an expert's last projection multiplies, and that projection, [I, H]."""
        if self.config.model_type == "llama4_text":
            return self._llama4_neurons(f"model.layers.{layer}.feed_forward.experts.", expert, inputs)
        if self.config.model_type == "gpt_oss":
            return self._gpt_oss_neurons(f"model.layers.{layer}.mlp.experts.", expert, inputs)
        gate, up, down = self.expert_weights(layer, expert)
        return torch.nn.functional.silu(inputs @ gate.T) * (inputs @ up.T), down.T

    def _llama4_neurons(self, prefix, expert, inputs):
        """The first half of the columns is the gate's."""
        gate, up = (inputs @ self.tensors[prefix + "gate_up_proj"][expert]).chunk(2, dim=-1)
        return torch.nn.functional.silu(gate) * up, self.tensors[prefix + "down_proj"][expert]

    def _gpt_oss_neurons(self, prefix, expert, inputs):
        """Columns alternate between gate and up; both are bounded."""
        gate_up, gate_up_bias, down = (self.tensors[prefix + name][expert] for name in ("gate_up_proj", "gate_up_proj_bias", "down_proj"))
        both = inputs @ gate_up + gate_up_bias
        gate, up = both[:, 0::2].clamp(max=7.0), both[:, 1::2].clamp(-7.0, 7.0)
        return (up + 1) * gate * torch.sigmoid(1.702 * gate), down

    def expert_weights(self, layer, expert):
        """Gate, up and down projection of one expert."""
        prefix = f"model.layers.{layer}."
        if self.stacked:
            gate_up, down = (self.tensors[f"{prefix}{name}"][expert] for name in self.stacked)
            return *gate_up.chunk(2), down
        return tuple(self.tensors[f"{prefix}{name.format(expert)}.weight"] for name in self.names)

    def selection_bias(self, layer):
        """[E], zeros where a router has none."""
        prefix = f"model.layers.{layer}."
        found = [tensor for name, tensor in self.tensors.items() if name.startswith(prefix) and name.endswith(SELECTION_BIAS)]
        return found[0].flatten().numpy() if found else 0.0

    def _block(self, layer, inputs, output, routed, hidden_after):
        inputs, output = inputs.flatten(0, -2), output.flatten(0, -2)
        if isinstance(routed, torch.Tensor):
            # Jamba's router yields logits alone; its block makes gates of them.
            routed = routed, *feed_forward(self.layers[layer]).route_tokens_to_experts(inputs, routed)[::-1]
        scales = None
        if self.config.model_type == "llama4_text":
            # Gates multiply what experts read; what they yield is added as it is.
            scales, logits = routed
            selected = logits.topk(self.config.num_experts_per_tok, dim=-1).indices
            gates = torch.ones(selected.shape)
            output = output.reshape(logits.shape[1], -1, output.shape[-1]).sum(dim=0)
        else:
            logits, gates, selected = in_order(routed)
        model_type = self.config.model_type
        scores = routing.scores(model_type, logits.numpy())
        choices, group_margin = routing.choices(model_type, scores + self.selection_bias(layer), *self.groups)
        near_margin = routing.near_margin(logits.numpy(), self.config.router_jitter_noise) if model_type == "phimoe" else numpy.inf
        # transformers lists chosen experts in any order where it only adds them up.
        best_first = torch.gather(torch.from_numpy(choices), 1, selected).argsort(dim=1, descending=True, stable=True)
        gates, selected = gates.gather(1, best_first), selected.gather(1, best_first)

        outputs = torch.empty(*selected.shape, inputs.shape[-1])
        for expert in range(logits.shape[-1]):
            token, place = torch.where(selected == expert)
            read = inputs[token] if scales is None else inputs[token] * scales[token, expert, None]
            outputs[token, place] = self.expert(layer, expert, read)
        again = (gates[..., None] * outputs).sum(dim=1)
        limit = LARGEST_DIFFERENCE * max(1.0, output.abs().max().item())
        assert (again - output).abs().max() <= limit, (layer, (again - output).abs().max())
        arrays = (inputs, output, logits, torch.from_numpy(scores), torch.from_numpy(choices))
        seen = (selected, gates, outputs, hidden_after)
        return Block(layer, *(array.numpy().copy() for array in arrays), group_margin, near_margin, *(array.numpy().copy() for array in seen))


def feed_forward(layer):
    """The module after attention: a mixture-of-experts block or a dense one."""
    return next(getattr(layer, name) for name in ("mlp", "feed_forward", "block_sparse_moe") if hasattr(layer, name))


def router_name(tensors, layer):
    """Name of a layer's router among the tensors of the files."""
    names = [f"model.layers.{layer}.{name}.weight" for name in ROUTER_NAMES]
    return next(name for name in names if name in tensors)


def router(layer):
    block = feed_forward(layer)
    return block.gate if hasattr(block, "gate") else block.router


def in_order(routed):
    """Logits, gates, chosen experts; some routers return them the other way round."""
    return routed[::-1] if routed[0].dtype == torch.int64 else routed
