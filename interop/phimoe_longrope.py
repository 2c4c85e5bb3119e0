"""Phi-3.5-MoE's rotation of long sequences as it was published.

Past `original_max_position_embeddings` tokens the model's own code, transformers 4 and vLLM divide frequencies by `long_factor`.
transformers 5 (5.18 at least) goes on with `short_factor` and changes only the multiplier of cosines and sines: it asks for the
frequencies without saying how long the sequence is. Importing this module says it.
"""

import functools

from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.phimoe.modeling_phimoe import PhimoeRotaryEmbedding

_forward = PhimoeRotaryEmbedding.forward


def forward(self, x, position_ids):
    if self.rope_type == "longrope":
        self.rope_init_fn = functools.partial(ROPE_INIT_FUNCTIONS[self.rope_type], seq_len=int(position_ids.max()) + 1)
    return _forward(self, x, position_ids)


PhimoeRotaryEmbedding.forward = forward
