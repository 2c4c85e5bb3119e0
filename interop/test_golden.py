"""The golden files say what the transformers at hand computes."""

import json
import unittest

import numpy
from safetensors.numpy import load_file

import expert_sums
import places
from subjects import TINY, WITH_STATISTICS, for_each, one_test_per_subject


@one_test_per_subject
class GoldenNumbers(unittest.TestCase):
    @for_each(TINY)
    def are_what_transformers_computes(self, subject):
        arrays = load_file(subject.folder / "expected.safetensors")
        for index, run in enumerate(subject.runs):
            numpy.testing.assert_allclose(run.logits, arrays[f"sequence.{index}.logits"], rtol=1e-5, atol=1e-4)
            for block in run.blocks:
                numpy.testing.assert_array_equal(block.selected, arrays[f"sequence.{index}.layer.{block.layer}.moe.selected"])
        expected = json.loads((subject.folder / "expected.json").read_text())
        self.assertAlmostEqual(expected["meanNll"], subject.oracle.mean_loss(subject.sequences), delta=1e-5)

    @for_each([subject for subject in TINY if subject.name in WITH_STATISTICS])
    def sums_are_what_transformers_computes(self, subject):
        golden = json.loads((places.STATISTICS / f"{subject.name}.json").read_text())
        for place, layer in enumerate(golden["layers"]):
            total = expert_sums.sums([run.blocks[place] for run in subject.runs], subject.oracle.experts)
            for name, values in layer["sums"].items():
                numpy.testing.assert_allclose(total[name], values, rtol=1e-4, atol=1e-4, err_msg=name)


if __name__ == "__main__":
    unittest.main()
