"""DeepSeek-MoE-16B (`model_type` "deepseek") for transformers, which has no class of its own for it.

The published checkpoint comes with its code. Its attention, experts and shared experts are those that GLM-4-MoE has without biases, norms of
queries and keys or partial rotation; only the router is another: softmax over all experts, then the largest, divided by their sum only if
`norm_topk_prob` asks for it. Importing this module registers the class.
"""

import torch
import transformers
from transformers.conversion_mapping import get_checkpoint_conversion_mapping, register_checkpoint_conversion_mapping
from transformers.models.glm4_moe.configuration_glm4_moe import Glm4MoeConfig
from transformers.models.glm4_moe.modeling_glm4_moe import Glm4MoeForCausalLM, Glm4MoeMoE


class DeepseekConfig(Glm4MoeConfig):
    model_type = "deepseek"

    def __post_init__(self, **kwargs):
        super().__post_init__(**kwargs | {"partial_rotary_factor": 1.0})


class Router(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.weight = torch.nn.Parameter(torch.zeros(config.n_routed_experts, config.hidden_size))

    def forward(self, hidden):
        logits = torch.nn.functional.linear(hidden.flatten(0, -2), self.weight)
        gates, selected = torch.topk(logits.softmax(dim=-1, dtype=torch.float32), self.config.num_experts_per_tok, dim=-1)
        if self.config.norm_topk_prob:
            gates = gates / (gates.sum(dim=-1, keepdim=True) + 1e-20)
        return logits, gates, selected


class DeepseekForCausalLM(Glm4MoeForCausalLM):
    config_class = DeepseekConfig

    def __init__(self, config):
        super().__init__(config)
        for module in self.modules():
            if isinstance(module, Glm4MoeMoE):
                module.gate = Router(config)


transformers.AutoConfig.register("deepseek", DeepseekConfig)
transformers.AutoModelForCausalLM.register(DeepseekConfig, DeepseekForCausalLM)
register_checkpoint_conversion_mapping("deepseek", get_checkpoint_conversion_mapping("qwen2_moe"))
