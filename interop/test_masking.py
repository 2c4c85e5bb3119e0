"""Taking experts away equals forbidding them: the pruned model computes what the old one does with the others' router logits at -inf."""

import unittest

import numpy
import torch

import routing
from oracle import in_order, router
from subjects import EVERY, for_each, one_test_per_subject


class Masked:
    """The old model, whose routers see only some experts while this is entered."""

    def __init__(self, oracle, kept):
        self.oracle = oracle
        self.kept = kept
        self.hooks = []

    def __enter__(self):
        for layer, experts in self.kept.items():
            hook = lambda _m, _a, out, layer=layer, experts=experts: self._route(layer, out, experts)  # noqa: E731
            self.hooks.append(router(self.oracle.layers[layer]).register_forward_hook(hook))
        return self.oracle

    def __exit__(self, *_):
        for hook in self.hooks:
            hook.remove()

    def _route_inputs(self, logits, experts):
        """Llama-4: what every expert's input is multiplied by, zero for experts that are not chosen."""
        masked = torch.full_like(logits, -torch.inf)
        masked[:, experts] = logits[:, experts]
        best = torch.topk(masked, self.oracle.config.num_experts_per_tok, dim=-1)
        return torch.zeros_like(logits).scatter_(1, best.indices, best.values.sigmoid()), masked

    def _route(self, layer, out, experts):
        if self.oracle.config.model_type == "llama4_text":
            return self._route_inputs(out[1], experts)
        if self.oracle.config.model_type == "jamba":
            return torch.full_like(out, -torch.inf).index_copy_(1, torch.tensor(experts), out[:, experts])
        logits, gates, _ = in_order(out)
        masked = torch.full_like(logits, -torch.inf)
        masked[:, experts] = logits[:, experts]
        if self.oracle.config.model_type == "phimoe":
            gates, selected, _ = routing.sparse_mixer(masked.numpy(), self.oracle.config.router_jitter_noise)
            return masked, torch.from_numpy(gates), torch.from_numpy(selected)
        scores = routing.scores(self.oracle.config.model_type, masked.numpy())
        ranked = numpy.full_like(scores, -numpy.inf)
        ranked[:, experts] = (scores + self.oracle.selection_bias(layer))[:, experts]
        choices, _ = routing.choices(self.oracle.config.model_type, ranked, *self.oracle.groups)
        selected = torch.topk(torch.from_numpy(choices), gates.shape[1], dim=-1).indices
        gates = torch.from_numpy(scores).gather(1, selected)
        if routing.renormalises(self.oracle.config):
            gates = gates / gates.sum(dim=-1, keepdim=True)
        routed = (masked, gates * getattr(self.oracle.config, "routed_scaling_factor", 1.0), selected)
        return routed if out[0] is logits else routed[::-1]


@one_test_per_subject
class Masking(unittest.TestCase):
    @for_each(EVERY)
    def equals_pruning(self, subject):
        with Masked(subject.oracle, subject.kept()) as masked:
            for tokens in subject.sequences:
                expected = masked.logits(tokens)
                scale = max(1.0, numpy.abs(expected).max())
                numpy.testing.assert_allclose(subject.pruned_oracle.logits(tokens), expected, rtol=0, atol=1e-5 * scale)


if __name__ == "__main__":
    unittest.main()
