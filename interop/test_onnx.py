"""What `convert --to onnx` writes is valid ONNX and computes, in ONNX Runtime, what transformers computes."""

import json
import unittest

import numpy
import onnx
import torch

import tool
from onnx_model import OnnxModel
from oracle import Oracle, read_tensors
from subjects import BUNDLED, EVERY, for_each, one_test_per_subject
from test_evaluate import LOSS_TOLERANCE

LOGIT_TOLERANCE = 2e-3
PRUNED_TOO = [subject for subject in EVERY if subject.name in ("qwen3-moe", "mixtral", "olmoe", "tinymoe-6d")]


@one_test_per_subject
class Exported(unittest.TestCase):
    def assert_same(self, logits, expected):
        numpy.testing.assert_allclose(logits, expected, rtol=0, atol=LOGIT_TOLERANCE)
        # Where the two best tokens are closer than the tolerance, either may win.
        best = numpy.sort(expected, axis=-1)
        decided = best[..., -1] - best[..., -2] > 2 * LOGIT_TOLERANCE
        numpy.testing.assert_array_equal(logits.argmax(axis=-1)[decided], expected.argmax(axis=-1)[decided])

    def original(self, subject):
        return subject.exported(subject.folder, "onnx") / "model.onnx"

    @for_each(EVERY)
    def graph_is_valid(self, subject):
        onnx.checker.check_model(str(self.original(subject)))

    @for_each(EVERY)
    def logits_are_those_of_transformers(self, subject):
        model = OnnxModel(self.original(subject))
        for tokens, run in zip(subject.sequences, subject.runs):
            logits, _ = model.run([tokens])
            self.assert_same(logits[0], run.logits)

    @for_each(EVERY)
    def going_on_from_the_cache_gives_the_same_logits(self, subject):
        model = OnnxModel(self.original(subject))
        # A sequence that outgrows the first of two rotations cannot use what was kept before.
        fitting = [pair for pair in zip(subject.sequences, subject.runs) if len(pair[0]) <= subject.one_rotation]
        tokens, run = max(fitting, key=lambda pair: len(pair[0]))
        start = len(tokens) - 4
        pieces = [tokens[:3], tokens[3:start], *([token] for token in tokens[start:])]
        past, found = None, []
        for piece in pieces:
            logits, past = model.run([piece], past=past)
            found.append(logits[0])
        self.assert_same(numpy.concatenate(found), run.logits)

    @for_each(EVERY)
    def padding_after_the_shorter_sequence_changes_nothing(self, subject):
        model = OnnxModel(self.original(subject))
        by_length = sorted(zip(subject.sequences, subject.runs), key=lambda pair: len(pair[0]))
        chosen = [by_length[0], by_length[-1]]
        longest = len(chosen[-1][0])
        self.assertLess(len(chosen[0][0]), longest)
        ids = [tokens + [0] * (longest - len(tokens)) for tokens, _ in chosen]
        mask = [[1] * len(tokens) + [0] * (longest - len(tokens)) for tokens, _ in chosen]
        logits, _ = model.run(ids, mask)
        for row, (tokens, run) in zip(logits, chosen):
            self.assert_same(row[: len(tokens)], run.logits)

    @for_each(EVERY)
    def loss_in_the_tool_is_that_of_transformers(self, subject):
        report = tool.run_json("evaluate", self.original(subject).parent, "--data", subject.data, "--device", "cpu")
        self.assertEqual(report["form"], "onnx")
        self.assertEqual(report["tokens"], subject.predicted)
        self.assertAlmostEqual(report["meanNll"], subject.oracle.mean_loss(subject.sequences), delta=LOSS_TOLERANCE)

    @for_each(PRUNED_TOO)
    def pruned_model_too(self, subject):
        path = subject.exported(subject.pruned[0], "pruned-onnx") / "model.onnx"
        onnx.checker.check_model(str(path))
        model = OnnxModel(path)
        for tokens in subject.sequences:
            logits, _ = model.run([tokens])
            self.assert_same(logits[0], subject.pruned_oracle.logits(tokens))

    @for_each(PRUNED_TOO)
    def experts_can_be_taken_away_from_the_graph(self, subject):
        """By the plan that the pruned checkpoint was made by; it computes what that checkpoint computes."""
        manifest = json.loads((subject.pruned[0] / "moetool-manifest.json").read_text())
        plan, out = subject.scratch / "plan.json", subject.scratch / "cut-onnx"
        plan.write_text(json.dumps(manifest["plan"]))
        tool.run("prune", self.original(subject).parent, "-o", out, "--plan", plan)
        onnx.checker.check_model(str(out / "model.onnx"))
        model = OnnxModel(out / "model.onnx")
        for tokens in subject.sequences:
            logits, _ = model.run([tokens])
            self.assert_same(logits[0], subject.pruned_oracle.logits(tokens))

    @for_each(PRUNED_TOO)
    def a_checkpoint_made_of_the_graph_is_the_one_it_was_made_from(self, subject):
        out = subject.scratch / "back"
        tool.run("convert", self.original(subject).parent, "-o", out, "--to", "safetensors")
        # Oracle refuses missing, unexpected and mismatched keys.
        Oracle(out)
        old, new = read_tensors(subject.folder), read_tensors(out)
        self.assertEqual(new.keys(), old.keys())
        for name, tensor in old.items():
            self.assertTrue(torch.equal(new[name], tensor.float()), name)

    @for_each([BUNDLED])
    def pruned_model_is_smaller(self, subject):
        sizes = [
            sum(path.stat().st_size for path in folder.iterdir())
            for folder in (subject.exported(subject.folder, "onnx"), subject.exported(subject.pruned[0], "pruned-onnx"))
        ]
        self.assertLess(sizes[1], sizes[0])


if __name__ == "__main__":
    unittest.main()
