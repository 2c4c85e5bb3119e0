"""Kimi-K2 (`model_type` "kimi_k2") for transformers, which knows it only by the code published with the checkpoint.

That code is DeepSeek-V3's under another model type. Importing this module registers the type.
"""

import transformers
from transformers.conversion_mapping import get_checkpoint_conversion_mapping, register_checkpoint_conversion_mapping
from transformers.models.deepseek_v3.configuration_deepseek_v3 import DeepseekV3Config
from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3ForCausalLM


class KimiK2Config(DeepseekV3Config):
    model_type = "kimi_k2"


class KimiK2ForCausalLM(DeepseekV3ForCausalLM):
    config_class = KimiK2Config


transformers.AutoConfig.register("kimi_k2", KimiK2Config)
transformers.AutoModelForCausalLM.register(KimiK2Config, KimiK2ForCausalLM)
register_checkpoint_conversion_mapping("kimi_k2", get_checkpoint_conversion_mapping("qwen2_moe"))
