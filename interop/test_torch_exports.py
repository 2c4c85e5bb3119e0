"""ONNX models that torch's exporter makes of transformers' own classes can be read and cut."""

import json
import unittest
import warnings

import numpy
import onnx
import onnxruntime
import torch
import transformers

import tool
from subjects import EVERY, for_each, one_test_per_subject

LOGIT_TOLERANCE = 1e-4
# Gates that are renormalised, and that are not; a shared expert; two products by a bias; scores ranked with a bias.
READ = [subject for subject in EVERY if subject.name in ("mixtral", "qwen3-moe", "olmoe", "qwen2-moe", "gpt-oss", "glm4-moe")]


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        return self.model(input_ids=input_ids, use_cache=False).logits


def export(subject, path):
    model = transformers.AutoModelForCausalLM.from_pretrained(subject.folder, dtype=torch.float32, attn_implementation="eager")
    # Of transformers' ways to run experts the one that torch exports.
    model.set_experts_implementation("batched_mm")
    free = torch.export.Dim.DYNAMIC
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Logits(model.eval()),
            (torch.tensor([subject.sequences[0][:7]]),),
            str(path),
            dynamo=True,
            verbose=False,
            input_names=["input_ids"],
            output_names=["logits"],
            dynamic_shapes={"input_ids": {1: free}},
        )


def run(path, tokens):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"input_ids": numpy.array([tokens])})[0][0]


@one_test_per_subject
class TorchExports(unittest.TestCase):
    @for_each(READ)
    def experts_of_an_export_by_torch_are_found_and_taken_away(self, subject):
        path = subject.scratch / "torch" / "model.onnx"
        path.parent.mkdir()
        export(subject, path)
        found, expected = tool.run_json("inspect", path), tool.run_json("inspect", subject.folder)
        for key in ("experts", "expertsPerToken", "moeLayers"):
            self.assertEqual(found[key], expected[key], key)
        self.assertEqual(found["findings"], [])
        kept = subject.kept()
        mask = [[int(expert in kept[layer]) for expert in range(expected["experts"])] for layer in sorted(kept)]
        mask_file, plan, out = (subject.scratch / f"torch-{name}" for name in ("mask.json", "plan.json", "cut"))
        mask_file.write_text(json.dumps(mask))
        tool.run("plan", path, "--from-mask", mask_file, "-o", plan)
        tool.run("prune", path, "-o", out, "--plan", plan)
        onnx.checker.check_model(str(out / "model.onnx"))
        for tokens in subject.sequences[:2]:
            numpy.testing.assert_allclose(run(path, tokens), subject.oracle.logits(tokens), rtol=0, atol=LOGIT_TOLERANCE)
            numpy.testing.assert_allclose(run(out / "model.onnx", tokens), subject.pruned_oracle.logits(tokens), rtol=0, atol=LOGIT_TOLERANCE)


if __name__ == "__main__":
    unittest.main()
