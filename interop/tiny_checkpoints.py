"""The tiny checkpoints that golden numbers are made for: their configurations as a hub repository would hold them.

Every entry differs from its family's first one by what its name says, so that a failing name points at the feature.
"""

import dataclasses

QWEN3_MOE = {
    "architectures": ["Qwen3MoeForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 1,
    "decoder_sparse_step": 1,
    "eos_token_id": 2,
    "head_dim": 12,
    "hidden_act": "silu",
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 20,
    "max_position_embeddings": 64,
    "max_window_layers": 2,
    "mlp_only_layers": [],
    "model_type": "qwen3_moe",
    "moe_intermediate_size": 12,
    "norm_topk_prob": True,
    "num_attention_heads": 4,
    "num_experts": 8,
    "num_experts_per_tok": 3,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "output_router_logits": False,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 1000000.0,
    "router_aux_loss_coef": 0.001,
    "sliding_window": None,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "transformers_version": "4.51.0",
    "use_cache": True,
    "use_sliding_window": False,
    "vocab_size": 72,
}

MIXTRAL = {
    "architectures": ["MixtralForCausalLM"],
    "attention_dropout": 0.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_act": "silu",
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 16,
    "max_position_embeddings": 64,
    "model_type": "mixtral",
    "num_attention_heads": 4,
    "num_experts_per_tok": 2,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "num_local_experts": 6,
    "output_router_logits": False,
    "rms_norm_eps": 1e-05,
    "rope_theta": 1000000.0,
    "router_aux_loss_coef": 0.02,
    "sliding_window": None,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "transformers_version": "4.36.0.dev0",
    "use_cache": True,
    "vocab_size": 64,
}

OLMOE = {
    "architectures": ["OlmoeForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "clip_qkv": None,
    "eos_token_id": 2,
    "hidden_act": "silu",
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 12,
    "max_position_embeddings": 64,
    "model_type": "olmoe",
    "norm_topk_prob": False,
    "num_attention_heads": 4,
    "num_experts": 8,
    "num_experts_per_tok": 3,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "output_router_logits": False,
    "pad_token_id": 1,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 10000.0,
    "router_aux_loss_coef": 0.01,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "transformers_version": "4.43.0.dev0",
    "use_cache": True,
    "vocab_size": 80,
}


@dataclasses.dataclass(frozen=True)
class Tiny:
    """One checkpoint: its configuration, the seed of its weights and token sequences, and how it is stored."""

    name: str
    seed: int
    config: dict
    shards: int = 1
    resaved: bool = False
    """Whether config.json is what transformers 5 writes (num_local_experts, rope_parameters)."""


def _tiny(name, seed, base, shards=1, resaved=False, **changes):
    return Tiny(name, seed, {**base, **changes}, shards, resaved)


ALL = (
    _tiny("qwen3-moe", 101, QWEN3_MOE, shards=2),
    _tiny("qwen3-moe-raw-gates", 102, QWEN3_MOE, norm_topk_prob=False),
    _tiny("qwen3-moe-dense-layer", 103, QWEN3_MOE, num_hidden_layers=3, mlp_only_layers=[1], num_experts=6),
    _tiny("qwen3-moe-sparse-step", 104, QWEN3_MOE, decoder_sparse_step=2),
    _tiny("qwen3-moe-resaved", 105, QWEN3_MOE, resaved=True, rope_theta=500000.0, num_experts=6),
    _tiny("qwen3-moe-tied", 106, QWEN3_MOE, tie_word_embeddings=True),
    _tiny("qwen3-moe-attention-bias", 107, QWEN3_MOE, attention_bias=True, num_experts=6),
    _tiny("qwen3-moe-bf16", 108, QWEN3_MOE, torch_dtype="bfloat16"),
    _tiny("mixtral", 201, MIXTRAL),
    _tiny("mixtral-window", 202, MIXTRAL, sliding_window=8),
    _tiny("mixtral-f16", 203, MIXTRAL, torch_dtype="float16"),
    _tiny("olmoe", 301, OLMOE),
    _tiny("olmoe-clipped", 302, OLMOE, clip_qkv=0.9, num_experts=7),
)
