"""A pruned or merged encoder-decoder model loads in stock transformers and computes there what `evaluate` says."""

import json
import pathlib
import tempfile
import unittest

import numpy
import onnxruntime

import make_encoder_expected as encoder
import places
import tool

FOLDER = places.ENCODER_CHECKPOINTS / "switch-transformers"
LOSS_TOLERANCE = 2e-5


class Encoder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.sequences = json.loads((FOLDER / "expected.json").read_text())["sequences"]
        self.data = self.scratch / "data.jsonl"
        rows = [{"sourceTokens": row["source"], "tokens": row["target"]} for row in self.sequences]
        self.data.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def loss(self, folder):
        # load refuses missing, unexpected and mismatched keys.
        model = encoder.load(folder)
        parts = [encoder.losses(encoder.run(model, row["source"], row["target"])[0], row["target"]) for row in self.sequences]
        return float(numpy.concatenate(parts).mean())

    def assert_loads_and_computes_the_same(self, out):
        tool.run("verify", out, "--source", FOLDER)
        report = tool.run_json("evaluate", out, "--data", self.data, "--device", "cpu")
        self.assertAlmostEqual(report["meanNll"], self.loss(out), delta=LOSS_TOLERANCE)
        old, new = (json.loads((folder / "config.json").read_text()) for folder in (FOLDER, out))
        self.assertEqual(new, {**old, "num_experts": 4})

    def test_pruned_by_what_experts_do(self):
        analysis = self.scratch / "analysis"
        tool.run("analyze", FOLDER, "-o", analysis, "--data", self.data, "--device", "cpu")
        for method in ("frequency", "reap", "leave_one_out"):
            with self.subTest(method=method):
                out = self.scratch / method
                tool.run("prune", FOLDER, "-o", out, "--statistics", analysis, "--method", method, "--keep", 4)
                self.assert_loads_and_computes_the_same(out)

    def test_merged(self):
        for method, router in (("m-smoe", "drop"), ("m-smoe", "average"), ("hc-smoe", "drop")):
            with self.subTest(method=method, router=router):
                out = self.scratch / (method + router)
                tool.run("merge", FOLDER, "-o", out, "--data", self.data, "--device", "cpu", "--method", method, "--router", router, "--keep", 4)
                self.assert_loads_and_computes_the_same(out)

    def test_exported(self):
        model = encoder.load(FOLDER)
        for form in ("standard", "fused"):
            out = self.scratch / form
            tool.run("convert", FOLDER, "-o", out, "--to", "onnx", "--operators", form)
            session = onnxruntime.InferenceSession(str(out / "model.onnx"), providers=["CPUExecutionProvider"])
            for row in self.sequences:
                with self.subTest(form=form, tokens=len(row["target"])):
                    start = model.config.decoder_start_token_id
                    given = {"input_ids": numpy.array([row["source"]]), "decoder_input_ids": numpy.array([[start, *row["target"][:-1]]])}
                    logits = session.run(["logits"], given)[0][0]
                    numpy.testing.assert_allclose(logits, encoder.run(model, row["source"], row["target"])[0], atol=1e-4)

    def test_pruned_output_is_a_checkpoint_of_transformers(self):
        plan, out = self.scratch / "plan.json", self.scratch / "out"
        tool.run("plan", FOLDER, "-o", plan, "--method", "random", "--keep", 4)
        tool.run("prune", FOLDER, "-o", out, "--plan", plan)
        self.assert_loads_and_computes_the_same(out)
        report = tool.run_json("evaluate", FOLDER, "--data", self.data, "--device", "cpu")
        self.assertAlmostEqual(report["meanNll"], self.loss(FOLDER), delta=LOSS_TOLERANCE)


if __name__ == "__main__":
    unittest.main()
