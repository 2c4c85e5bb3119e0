"""An exported decoder, run by ONNX Runtime. Inputs are found by name."""

import re

import numpy
import onnxruntime

PAST = re.compile(r"past_key_values\.(\d+)\.(key|value|conv|recurrent)")


class OnnxModel:
    """A model.onnx with cache inputs."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = {value.name: value for value in self.session.get_inputs()}
        self.outputs = [value.name for value in self.session.get_outputs()]
        self.past_names = [name for name in self.inputs if PAST.fullmatch(name)]
        unknown = self.inputs.keys() - {"input_ids", "attention_mask", "position_ids", *self.past_names}
        assert not unknown, f"inputs nobody asked for: {unknown}"
        assert {"input_ids", "attention_mask"} <= self.inputs.keys(), list(self.inputs)

    def empty_past(self, batch):
        """Caches of no positions and states of nothing seen; the batch is the first dimension, other dimensions with a name count positions."""
        past = {}
        for name in self.past_names:
            _, *rest = self.inputs[name].shape
            past[name] = numpy.zeros((batch, *(0 if isinstance(extent, str) else extent for extent in rest)), numpy.float32)
        return past

    def run(self, input_ids, attention_mask=None, past=None):
        """Logits [batch, sequence, vocabulary], and the caches to go on from."""
        input_ids = numpy.asarray(input_ids, numpy.int64)
        batch, length = input_ids.shape
        past = self.empty_past(batch) if past is None else past
        before = next((value.shape[2] for name, value in past.items() if name.endswith(".key")), 0)
        if attention_mask is None:
            attention_mask = numpy.ones((batch, before + length))
        feeds = {"input_ids": input_ids, "attention_mask": numpy.asarray(attention_mask, numpy.int64), **past}
        if "position_ids" in self.inputs:
            feeds["position_ids"] = numpy.arange(before, before + length, dtype=numpy.int64)[None].repeat(batch, axis=0)
        found = dict(zip(self.outputs, self.session.run(self.outputs, feeds)))
        after = {name: found["present." + name.removeprefix("past_key_values.")] for name in self.past_names}
        return found["logits"], after
