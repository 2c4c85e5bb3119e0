"""Sums over the routed pairs of one mixture-of-experts layer, in float64, and the scores made of them."""

import numpy

SCORES = (
    ("frequency", lambda s: s["n"]),
    ("soft", lambda s: s["soft"]),
    ("gate_mass", lambda s: s["gsum"]),
    ("ean_sum", lambda s: s["a1"]),
    ("ean_mean", lambda s: _mean(s["a1"], s["n"])),
    ("msan", lambda s: _mean(s["a2"], s["n"])),
    ("reap", lambda s: _mean(s["r1"], s["n"])),
    ("weighted_ean_sum", lambda s: s["r1"]),
    ("reap_l2", lambda s: _mean(s["r2"], s["n"])),
    ("weighted_ean_sum_l2", lambda s: s["r2"]),
    ("max_activation", lambda s: s["mx"]),
    ("shift", lambda s: s["shift"]),
)


def _mean(total, count):
    return numpy.divide(total, count, out=numpy.zeros_like(total), where=count > 0)


def sums(blocks, experts):
    """Adds up what several sequences did in one layer.

    g is the gate of a routed pair, f the expert's output before the gate, z the router's logits, T_e the tokens that chose expert e:
    n = |T_e|; soft = sum of the full score distribution over all tokens; gsum, gsq = sums of g and g^2; a1, a2 of |f| and |f|^2;
    r1, r2 of g|f| and g^2|f|^2; mx = largest absolute component of f; fsum = sum of f; coact = how often two experts were chosen together;
    zgram, zsum = sums of z z' and z; moves = sums of products of two experts' parts g f of a token, over the squared length of its hidden state
    after the layer; shift = the diagonal of moves.
    """
    hidden = blocks[0].input.shape[-1]
    total = {name: numpy.zeros(experts) for name in ("n", "soft", "gsum", "gsq", "a1", "a2", "r1", "r2", "mx", "zsum")}
    total |= {"fsum": numpy.zeros((experts, hidden)), "coact": numpy.zeros((experts, experts)), "zgram": numpy.zeros((experts, experts)), "moves": numpy.zeros((experts, experts))}
    for block in blocks:
        logits = block.router_logits.astype(numpy.float64)
        total["soft"] += block.scores.astype(numpy.float64).sum(axis=0)
        total["zsum"] += logits.sum(axis=0)
        total["zgram"] += logits.T @ logits
        chosen = numpy.zeros(logits.shape)
        numpy.put_along_axis(chosen, block.selected, 1.0, axis=1)
        total["coact"] += chosen.T @ chosen
        for expert in range(experts):
            pairs = block.selected == expert
            gate = block.gates[pairs].astype(numpy.float64)
            output = block.expert_outputs[pairs].astype(numpy.float64)
            norm = numpy.sqrt((output**2).sum(axis=-1))
            total["n"][expert] += len(gate)
            total["gsum"][expert] += gate.sum()
            total["gsq"][expert] += (gate**2).sum()
            total["a1"][expert] += norm.sum()
            total["a2"][expert] += (norm**2).sum()
            total["r1"][expert] += (gate * norm).sum()
            total["r2"][expert] += (gate**2 * norm**2).sum()
            total["fsum"][expert] += output.sum(axis=0)
            total["mx"][expert] = max(total["mx"][expert], numpy.abs(output).max(initial=0.0))
        parts = numpy.zeros((*logits.shape, hidden))
        numpy.put_along_axis(
            parts, block.selected[..., None], block.gates.astype(numpy.float64)[..., None] * block.expert_outputs.astype(numpy.float64), axis=1
        )
        parts /= numpy.linalg.norm(block.hidden_after.astype(numpy.float64), axis=-1)[:, None, None]
        total["moves"] += numpy.einsum("teh,tfh->ef", parts, parts)
    total["shift"] = numpy.diag(total["moves"]).copy()
    return total


def scores(total):
    """Scores by method; a mean over no tokens is 0."""
    return {name: formula(total) for name, formula in SCORES}
