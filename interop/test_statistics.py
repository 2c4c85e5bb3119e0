"""What `analyze` adds up is what transformers' own numbers add up to."""

import json
import unittest

import numpy
from safetensors.numpy import load_file

import expert_sums
from subjects import EVERY, for_each, one_test_per_subject

MATRICES = ("fsum", "coact", "zgram", "moves")
"""Sums the file holds once for all domains; the others it holds for each, in order of first appearance."""

UNDECIDED = 2e-5
"""Two logits closer than this may change places between one implementation and another."""

TOLERANCE = 3e-5
"""Rounding, as a share of the largest value; it grows along the recurrences of models that have some."""

METHODS = {"soft": "soft_count", "max_activation": "max_activations"}
"""What the tool calls scores that have another name in the golden files."""


class LayerSums:
    """What one layer did to some of the sequences."""

    def __init__(self, blocks):
        self.layer = blocks[0].layer
        self.total = expert_sums.sums(blocks, blocks[0].scores.shape[1])
        gaps = [self._gaps(block) for block in blocks]
        self.undecided = sum(int((gap < UNDECIDED).sum()) for gap in gaps) / self.total["n"].max()
        """Choices that rounding may change, as a share of the busiest expert's tokens."""

    @staticmethod
    def _gaps(block):
        order = numpy.sort(block.router_logits, axis=1)
        chosen = block.selected.shape[1]
        return order[:, -chosen] - order[:, -chosen - 1]


def layers(runs):
    return [LayerSums(blocks) for blocks in zip(*(run.blocks for run in runs))]


@one_test_per_subject
class Statistics(unittest.TestCase):
    def assert_close(self, actual, expected, undecided, name):
        """An undecided choice may move some typical contributions of one token."""
        expected = numpy.asarray(expected)
        self.assertEqual(numpy.shape(actual), expected.shape, name)
        slack = (TOLERANCE + 5 * undecided) * max(1e-6, numpy.abs(expected).max())
        numpy.testing.assert_allclose(actual, expected, rtol=0, atol=slack, err_msg=name)

    @for_each(EVERY)
    def sums_in_the_file_are_those_of_transformers(self, subject):
        file = load_file(subject.statistics / "statistics.safetensors")
        for sums in layers(subject.runs):
            for name in MATRICES:
                key = f"layers.{sums.layer}.{name}"
                self.assert_close(file[key], sums.total[name], sums.undecided, key)
        for place, domain in enumerate(dict.fromkeys(subject.domains)):
            for sums in layers([run for run, its in zip(subject.runs, subject.domains) if its == domain]):
                for name in sums.total.keys() - set(MATRICES):
                    key = f"layers.{sums.layer}.domain{place}.{name}"
                    self.assert_close(file[key], sums.total[name], sums.undecided, key)

    @for_each(EVERY)
    def saliency_in_the_report_is_that_of_transformers(self, subject):
        analysis = json.loads((subject.statistics / "analysis.json").read_text())
        self.assertEqual(analysis["data"]["sequences"], len(subject.sequences))
        self.assertEqual([layer["layer"] for layer in analysis["layers"]], subject.oracle.moe_layers)
        for found, sums in zip(analysis["layers"], layers(subject.runs)):
            where = f"layer {sums.layer}, "
            self.assert_close(found["counts"], sums.total["n"], sums.undecided, where + "counts")
            self.assert_close(found["downProjectionMaxAbs"], sums.total["mx"], sums.undecided, where + "largest output")
            for name, expected in expert_sums.scores(sums.total).items():
                method = METHODS.get(name, name)
                self.assert_close(found["saliency"][method], expected, sums.undecided, where + method)

    @for_each(EVERY)
    def few_choices_are_undecided(self, subject):
        """The comparisons above would say little if many were."""
        self.assertLess(max(sums.undecided for sums in layers(subject.runs)), 0.01)


if __name__ == "__main__":
    unittest.main()
