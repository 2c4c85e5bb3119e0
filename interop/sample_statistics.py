"""What a layer shows when every expert is run on every token, in float64, from the outputs themselves.

Losses are found by routing the tokens again with the logits of some experts at -inf and adding up the outputs of those that are chosen then.
"""

import itertools

import numpy
import torch

import routing


class Layer:
    """One layer with experts; n tokens, E experts."""

    def __init__(self, oracle, layer, inputs, logits):
        self.oracle = oracle
        self.layer = layer
        self.logits = logits
        self.experts = logits.shape[1]
        self.model_type = oracle.config.model_type
        self.scores = routing.scores(self.model_type, logits)
        self.scales_inputs = self.model_type == "llama4_text"
        with torch.no_grad():
            rows = torch.from_numpy(inputs)
            self.outputs = numpy.stack([self._output(expert, rows) for expert in range(self.experts)]).astype(numpy.float64)
        self.before = self.added(())

    def _output(self, expert, rows):
        if self.scales_inputs:
            rows = rows * torch.from_numpy(self.scores[:, expert, None])
        return self.oracle.expert(self.layer, expert, rows).numpy()

    @property
    def per_token(self):
        return self.oracle.config.num_experts_per_tok

    def possible(self, removed):
        """Whether enough experts are left, in every group where groups are chosen."""
        if self.experts - len(removed) < self.per_token:
            return False
        groups, kept = self.oracle.groups
        if groups == kept:
            return True
        least = max(1 if self.model_type == "deepseek_v2" else 2, -(-self.per_token // kept))
        left = numpy.ones(self.experts)
        left[list(removed)] = 0
        return left.reshape(groups, -1).sum(axis=1).min() >= least

    def routed(self, removed):
        """[n, K] gates and chosen experts without some of them."""
        masked = self.logits.copy()
        masked[:, list(removed)] = -numpy.inf
        if self.model_type == "phimoe":
            gates, selected, _ = routing.sparse_mixer(masked, self.oracle.config.router_jitter_noise)
            return gates, selected
        scores = routing.scores(self.model_type, masked)
        ranked = scores + self.oracle.selection_bias(self.layer)
        ranked[:, list(removed)] = -numpy.inf
        choices, _ = routing.choices(self.model_type, ranked, *self.oracle.groups)
        selected = numpy.argsort(-choices, axis=1, kind="stable")[:, : self.per_token]
        gates = numpy.take_along_axis(scores, selected, axis=1).astype(numpy.float64)
        if self.scales_inputs:
            return numpy.ones_like(gates), selected
        if routing.renormalises(self.oracle.config):
            gates = gates / gates.sum(axis=1, keepdims=True)
        return gates * getattr(self.oracle.config, "routed_scaling_factor", 1.0), selected

    def added(self, removed):
        """[n, H] what the routed experts add without some of them."""
        gates, selected = self.routed(removed)
        tokens = numpy.arange(len(gates))[:, None]
        return (gates[..., None] * self.outputs[selected, tokens]).sum(axis=1)

    def loss(self, removed):
        return float(((self.before - self.added(removed)) ** 2).sum())

    def elimination(self):
        """Step at which every expert goes, 0 for those that stay, and the losses after every step; and the losses of each alone."""
        steps, losses, removed = numpy.zeros(self.experts, int), [0.0], ()
        alone = [min(self.loss((e,)), float((self.before**2).sum())) if self.possible((e,)) else float((self.before**2).sum()) for e in range(self.experts)]
        while True:
            candidates = [e for e in range(self.experts) if e not in removed and self.possible((*removed, e))]
            if not candidates:
                return steps, losses, alone
            rated = [(self.loss((*removed, e)), -e) for e in candidates]
            least, expert = min(rated)
            removed = (*removed, -expert)
            steps[-expert] = len(removed)
            losses.append(least)

    def vote(self):
        """Step at which every expert is voted out, 0 for those that stay."""
        steps, removed = numpy.zeros(self.experts, int), ()
        while True:
            candidates = [e for e in range(self.experts) if e not in removed and self.possible((*removed, e))]
            if not candidates:
                return steps
            votes = numpy.bincount(self.routed(removed)[1].flatten(), minlength=self.experts)
            gone = min(candidates, key=lambda e: (votes[e], -e))
            removed = (*removed, gone)
            steps[gone] = len(removed)

    def best_sets(self):
        """Loss without the best set of every size."""
        found = []
        for size in range(self.experts + 1):
            sets = [removed for removed in itertools.combinations(range(self.experts), size) if self.possible(removed)]
            if not sets:
                return found
            found.append(min(self.loss(removed) for removed in sets))

    def cosine_distances(self):
        lengths = numpy.linalg.norm(self.outputs, axis=-1)
        cosines = numpy.einsum("ith,jth->tij", self.outputs, self.outputs) / numpy.einsum("it,jt->tij", lengths, lengths)
        distances = (1 - cosines).sum(axis=0)
        numpy.fill_diagonal(distances, 0)
        return distances

    def cka(self):
        """From covariances of features, as the paper's equation for linear kernels: |Y'X|^2 / (|X'X| |Y'Y|)."""
        centred = self.outputs - self.outputs.mean(axis=1, keepdims=True)
        across = numpy.array([[numpy.linalg.norm(a.T @ b) ** 2 for b in centred] for a in centred])
        return across / numpy.sqrt(numpy.outer(numpy.diag(across), numpy.diag(across)))


def statistics(oracle, runs):
    """Statistics of all layers over the tokens of all runs, by name."""
    found = []
    for blocks in zip(*(run.blocks for run in runs)):
        inputs = numpy.concatenate([block.input for block in blocks])
        logits = numpy.concatenate([block.router_logits for block in blocks])
        layer = Layer(oracle, blocks[0].layer, inputs, logits)
        shares = numpy.ones_like(layer.scores) if layer.scales_inputs else layer.scores
        steps, losses, alone = layer.elimination()
        found.append({
            "layer": blocks[0].layer,
            "ca": layer.outputs.sum(axis=1),
            "gca": numpy.einsum("te,eth->eh", shares.astype(numpy.float64), layer.outputs),
            "cosd": layer.cosine_distances(),
            "ogram": numpy.einsum("ith,jth->ij", layer.outputs, layer.outputs),
            "cka": layer.cka(),
            "energy": numpy.array([(layer.before**2).sum()]),
            "loo": numpy.array(alone),
            "step": steps,
            "step_loss": numpy.array(losses),
            "vote_step": layer.vote(),
            "subset_loss": numpy.array(layer.best_sets()) if layer.experts <= 8 else numpy.array([]),
        })
    return found
