"""How the routers of the tiny checkpoints choose, written out again from their descriptions.

Golden numbers come from transformers; this says by how much a choice was decided, in which order the chosen experts stand, and what a
router does without some of its experts.
"""

import numpy

SIGMOID = ("deepseek_v3", "dots1", "glm4_moe", "glm4_moe_lite", "kimi_k2", "llama4_text", "minimax_m2")


def groups(config):
    """Number of groups of experts, and how many of them take part."""
    if getattr(config, "topk_method", None) == "greedy":
        return 1, 1
    return getattr(config, "n_group", 1), getattr(config, "topk_group", 1)


def renormalises(config):
    """Whether gates are divided by their sum."""
    return config.model_type not in ("deepseek_v2", "jamba") and getattr(config, "norm_topk_prob", True)


def scores(model_type, logits):
    """[n, E] score of every expert, without selection bias."""
    if model_type in SIGMOID:
        return 1.0 / (1.0 + numpy.exp(-logits))
    shifted = numpy.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def choices(model_type, ranked, groups, kept_groups):
    """What is really ranked, [n, E], -inf in groups that are ruled out; and the least difference that decided about a group."""
    if groups == kept_groups:
        return ranked, numpy.inf
    grouped = ranked.reshape(len(ranked), groups, -1)
    counted = 1 if model_type == "deepseek_v2" else 2
    best = numpy.sort(grouped, axis=-1)[..., -counted:].sum(axis=-1)
    order = numpy.sort(best, axis=-1)
    margin = (order[:, -kept_groups] - order[:, -kept_groups - 1]).min()
    ruled_out = best < order[:, -kept_groups, None]
    return numpy.where(ruled_out[..., None], -numpy.inf, grouped).reshape(ranked.shape), margin


def sparse_mixer(logits, jitter):
    """[n, 2] gates and experts of Phi-3.5-MoE, and how far every expert is from the chosen ones."""
    left, gates, selected, distances = logits.copy(), [], [], []
    rows = numpy.arange(len(logits))
    for _ in range(2):
        best = left.argmax(axis=-1)
        top = left[rows, best][:, None]
        with numpy.errstate(invalid="ignore"):
            distance = (top - logits) / numpy.maximum(numpy.abs(logits), top)
        near = numpy.exp(numpy.where(distance > 2 * jitter, -numpy.inf, left) - top)
        gates.append(near[rows, best] / near.sum(axis=-1))
        selected.append(best)
        distances.append(distance)
        left[rows, best] = -numpy.inf
    return numpy.stack(gates, axis=1), numpy.stack(selected, axis=1), numpy.stack(distances)


def near_margin(logits, jitter):
    """The least difference that decided whether an expert counts as near a chosen one."""
    return numpy.abs(sparse_mixer(logits, jitter)[2] - 2 * jitter).min()
