"""Taking experts away equals forbidding them: the pruned model computes what the old one does with the others' router logits at -inf."""

import unittest

import numpy
import torch

from subjects import EVERY, for_each, one_test_per_subject


class Masked:
    """The old model, whose routers see only some experts while this is entered."""

    def __init__(self, oracle, kept):
        self.oracle = oracle
        self.kept = kept
        self.hooks = []

    def __enter__(self):
        for layer, experts in self.kept.items():
            router = self.oracle.layers[layer].mlp.gate
            self.hooks.append(router.register_forward_hook(lambda _m, _a, out, experts=experts: self._route(out, experts)))
        return self.oracle

    def __exit__(self, *_):
        for hook in self.hooks:
            hook.remove()

    def _route(self, out, experts):
        logits = out[0]
        masked = torch.full_like(logits, -torch.inf)
        masked[:, experts] = logits[:, experts]
        gates, selected = torch.topk(torch.softmax(masked, dim=-1), self.oracle.config.num_experts_per_tok, dim=-1)
        if getattr(self.oracle.config, "norm_topk_prob", True):
            gates = gates / gates.sum(dim=-1, keepdim=True)
        return masked, gates, selected


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
