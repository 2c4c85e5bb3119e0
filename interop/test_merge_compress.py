"""Merged and compressed folders are checkpoints that stock transformers loads; merged weights are those of SciPy's matching."""

import json
import unittest

import numpy
import scipy.optimize
import torch

import tool
from oracle import Oracle, read_tensors
from subjects import BUNDLED, TINY, for_each, one_test_per_subject
from test_evaluate import LOSS_TOLERANCE

QUANTISED = ("fp8", "mxfp4")
PLAIN = [subject for subject in TINY if not any(kind in subject.name for kind in QUANTISED)]
FIXED_CHOICE = ("phimoe", "phimoe-plain-rope")
"""Routers that choose two experts whatever the configuration states."""

ONE_WIDTH = ("deepseek", "dots1", "glm4-moe", "jamba", "kimi-k2", "llama4", "moonlight")
"""Families whose shared experts or dense layers have the width of routed experts, or a multiple of it, which therefore is not changed."""

MATRICES = ("gate_proj", "up_proj", "down_proj")


def per_token(subject):
    return json.loads((subject.folder / "expected.json").read_text())["expertsPerToken"]


def made(subject, command, *arguments):
    """The folder a command writes, as transformers loads it; Oracle refuses missing and unexpected tensors."""
    out = subject.scratch / "-".join([command, *map(str, arguments)]).replace("/", "_")[-80:]
    tool.run(command, subject.folder, "-o", out, *arguments)
    tool.run("verify", out, "--source", subject.folder)
    return out


def loss_is_that_of_transformers(test, subject, folder):
    report = tool.run_json("evaluate", folder, "--data", subject.data, "--device", "cpu", "--compute", "float32")
    test.assertAlmostEqual(report["meanNll"], Oracle(folder).mean_loss(subject.sequences), delta=LOSS_TOLERANCE)


@one_test_per_subject
class Merge(unittest.TestCase):
    @for_each([*PLAIN, BUNDLED])
    def output_loads_and_predicts_the_same(self, subject):
        for router in ("drop", "average"):
            folder = made(subject, "merge", "--statistics", subject.statistics, "--method", "m-smoe", "--keep", subject.keep, "--router", router)
            self.assertEqual(Oracle(folder).experts, subject.keep)
            loss_is_that_of_transformers(self, subject, folder)

    @for_each([subject for subject in PLAIN if subject.name in ("qwen3-moe", "olmoe", "glm4-moe")])
    def merged_weights_are_means_of_matched_neurons(self, subject):
        folder = made(subject, "merge", "--statistics", subject.statistics, "--method", "hc-smoe", "--keep", subject.keep)
        plan = json.loads((folder / "moetool-manifest.json").read_text())["plan"]
        old, new = read_tensors(subject.folder), read_tensors(folder)
        merged = 0
        for layer in plan["layers"]:
            prefix = f"model.layers.{layer['layer']}.mlp.experts."
            for group in layer["groups"]:
                number = layer["kept"].index(group["leader"])
                leader = self._matrices(old, prefix, group["leader"])
                sums = [numpy.zeros_like(matrix) for matrix in leader]
                for expert, weight in zip(group["experts"], group["weights"]):
                    gate, up, down = self._matrices(old, prefix, expert)
                    _, order = scipy.optimize.linear_sum_assignment(self._neurons(leader) @ self._neurons((gate, up, down)).T, maximize=True)
                    for total, matrix in zip(sums, (gate[order], up[order], down[:, order])):
                        total += weight * matrix
                for total, matrix in zip(sums, self._matrices(new, prefix, number)):
                    numpy.testing.assert_allclose(matrix, total, atol=1e-6)
                merged += 1
        self.assertGreater(merged, 0)

    def _matrices(self, tensors, prefix, expert):
        return [tensors[f"{prefix}{expert}.{name}.weight"].double().numpy() for name in MATRICES]

    def _neurons(self, expert):
        gate, up, down = expert
        return numpy.concatenate([gate, up, down.T], axis=1)


@one_test_per_subject
class Compress(unittest.TestCase):
    @for_each([subject for subject in PLAIN if not subject.name.startswith(ONE_WIDTH) and subject.name != "ernie4-5-moe"])
    def narrower_experts_load_and_predict_the_same(self, subject):
        loss_is_that_of_transformers(self, subject, made(subject, "compress", "--method", "camera", "--remove", "25%", "--data", subject.data))

    @for_each([subject for subject in PLAIN if subject.name not in FIXED_CHOICE and per_token(subject) > 1])
    def fewer_experts_per_token_load_and_predict_the_same(self, subject):
        fewer = per_token(subject) - 1
        for data in ((), ("--data", subject.data)):
            folder = made(subject, "compress", "--method", "top-k", "--experts-per-token", fewer, *data)
            loss_is_that_of_transformers(self, subject, folder)


if __name__ == "__main__":
    unittest.main()
