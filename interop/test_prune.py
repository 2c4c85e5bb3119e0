"""A pruned folder is a checkpoint that stock transformers loads and that computes what it should."""

import json
import re
import unittest

import numpy
import torch

import places
import tool
from oracle import SELECTION_BIAS, STACKED_NAMES, Oracle, read_tensors, router_name
from subjects import EVERY, TINY, WITH_STATISTICS, for_each, one_test_per_subject
from test_evaluate import LOSS_TOLERANCE

STACK = re.compile(r"\.(mlp|feed_forward)\.(experts\.(gate_up|down)_proj\w*|router\.bias)$")
EXPERT = re.compile(r"model\.layers\.(\d+)\.(?:mlp|feed_forward|block_sparse_moe)\.experts\.(\d+)\.")


@one_test_per_subject
class Prune(unittest.TestCase):
    @for_each(EVERY)
    def output_loads_without_missing_or_unexpected_tensors(self, subject):
        folder, report = subject.pruned
        # Oracle refuses missing, unexpected and mismatched keys.
        self.assertEqual(subject.pruned_oracle.experts, subject.keep)
        self.assertEqual(report["expertsBefore"], subject.oracle.experts)
        self.assertEqual(report["expertsAfter"], subject.keep)
        self.assertLess(report["bytesAfter"], report["bytesBefore"])
        tool.run("verify", folder, "--source", subject.folder)

    @for_each(EVERY)
    def loss_of_the_output_is_that_of_transformers(self, subject):
        folder, _ = subject.pruned
        report = tool.run_json("evaluate", folder, "--data", subject.data, "--device", "cpu", "--compute", "float32")
        self.assertAlmostEqual(report["meanNll"], subject.pruned_oracle.mean_loss(subject.sequences), delta=LOSS_TOLERANCE)

    @for_each(EVERY)
    def every_tensor_is_a_copy(self, subject):
        """Kept experts move up, router rows go with them, all else stays as it was, bit for bit."""
        folder, _ = subject.pruned
        old, new, kept = read_tensors(subject.folder), read_tensors(folder), subject.kept()
        expected = {}
        for name, tensor in old.items():
            match = EXPERT.match(name)
            if match is None:
                expected[name] = tensor
            elif int(match[2]) in kept[int(match[1])]:
                number = kept[int(match[1])].index(int(match[2]))
                expected[name[: match.start(2)] + str(number) + name[match.end(2) :]] = tensor
        for layer, experts in kept.items():
            self.assertEqual(experts, sorted(experts))
            name = router_name(old, layer)
            expected[name] = old[name][experts]
            for name in old:
                if name.startswith(f"model.layers.{layer}."):
                    if name.endswith(SELECTION_BIAS):
                        expected[name] = old[name][..., experts]
                    elif name.endswith(tuple(name for names in STACKED_NAMES for name in names)) or STACK.search(name):
                        expected[name] = old[name][experts]
        self.assertEqual(new.keys(), expected.keys())
        for name, tensor in expected.items():
            self.assertTrue(torch.equal(new[name], tensor), name)

    @for_each(EVERY)
    def only_the_number_of_experts_changes_in_the_config(self, subject):
        folder, _ = subject.pruned
        old = json.loads((subject.folder / "config.json").read_text())
        new = json.loads((folder / "config.json").read_text())
        changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        self.assertEqual(len(changed), 1)
        self.assertLessEqual(changed, {"num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"})

    @for_each([subject for subject in TINY if subject.name in WITH_STATISTICS and subject.oracle.groups[0] == 1])
    def experts_with_the_highest_scores_stay(self, subject):
        golden = json.loads((places.STATISTICS / f"{subject.name}.json").read_text())
        for layer in golden["layers"]:
            best = numpy.argsort(layer["scores"]["reap"])[-subject.keep :]
            self.assertEqual(subject.kept()[layer["layer"]], sorted(best.tolist()))


if __name__ == "__main__":
    unittest.main()
