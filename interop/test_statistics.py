"""What `analyze` adds up is what transformers' own numbers add up to."""

import json
import re
import unittest

import numpy
from safetensors.numpy import load_file

import expert_sums
from subjects import EVERY, for_each, one_test_per_subject

UNDECIDED = 2e-5
"""Two logits closer than this may change places between one implementation and another."""

TOLERANCE = 1e-3


@one_test_per_subject
class Statistics(unittest.TestCase):
    def layers(self, subject):
        """Per layer: its index, the sums, and the share of the busiest expert's tokens whose choice rounding may change."""
        for blocks in zip(*(run.blocks for run in subject.runs)):
            undecided = 0
            for block in blocks:
                order = numpy.sort(block.router_logits, axis=1)
                chosen = block.selected.shape[1]
                undecided += int((order[:, -chosen] - order[:, -chosen - 1] < UNDECIDED).sum())
            total = expert_sums.sums(blocks, blocks[0].scores.shape[1])
            yield blocks[0].layer, total, undecided / total["n"].max()

    def assert_close(self, actual, expected, undecided, name):
        """The share of undecided choices may move by some typical contributions of one token."""
        expected = numpy.asarray(expected)
        slack = (TOLERANCE + 5 * undecided) * max(1e-6, numpy.abs(expected).max())
        numpy.testing.assert_allclose(actual, expected, rtol=0, atol=slack, err_msg=name)

    @for_each(EVERY)
    def sums_in_the_file_are_those_of_transformers(self, subject):
        file = load_file(subject.statistics / "statistics.safetensors")
        for layer, total, undecided in self.layers(subject):
            for name, expected in total.items():
                actual = self.tensor(file, layer, name)
                self.assertEqual(actual.shape, expected.shape, name)
                self.assert_close(actual, expected, undecided, f"layer {layer}, {name}")

    def tensor(self, file, layer, name):
        """The tensor whose name holds the layer's index and ends in the sum's name."""
        found = [key for key in file if re.split(r"[./]", key)[-1] == name and str(layer) in re.split(r"[./]", key)]
        self.assertEqual(len(found), 1, f"layer {layer}, {name}: {found} of {sorted(file)}")
        return file[found[0]]

    @for_each(EVERY)
    def saliency_in_the_report_is_that_of_transformers(self, subject):
        analysis = json.loads((subject.statistics / "analysis.json").read_text())
        self.assertEqual(analysis["data"]["sequences"], len(subject.sequences))
        self.assertEqual([layer["layer"] for layer in analysis["layers"]], subject.oracle.moe_layers)
        for found, (layer, total, undecided) in zip(analysis["layers"], self.layers(subject)):
            self.assert_close(found["counts"], total["n"], undecided, f"layer {layer}, counts")
            self.assert_close(found["downProjectionMaxAbs"], total["mx"], undecided, f"layer {layer}, largest output")
            for method, expected in expert_sums.scores(total).items():
                if method in found["saliency"]:
                    self.assert_close(found["saliency"][method], expected, undecided, f"layer {layer}, {method}")
            self.assertIn("reap", found["saliency"])

    @for_each(EVERY)
    def tied_choices_are_few(self, subject):
        """The comparison above would say little if many choices were undecided."""
        self.assertLess(max(undecided for *_, undecided in self.layers(subject)), 0.01)


if __name__ == "__main__":
    unittest.main()
