package io.moetool.transforms.validate;

import java.util.Optional;

/**
 * Base and candidate on one domain, or on all of them.
 *
 * @param tokens predicted tokens
 * @param baseNll nats per token of the base
 * @param candidateNll nats per token of the candidate
 * @param klDivergence mean divergence of the candidate from the base, in nats
 * @param top1Agreement share of tokens for which both find the same continuation most likely
 * @param sequences sequences in which something is predicted
 * @param top5Agreement mean share of the five most likely continuations that both have in common
 * @param acceptance mean of Σ min(p, q) over the vocabulary: the share of the candidate's tokens
 *     that the base would take over in speculative decoding; 1 less the total variation (ESAP of
 *     EvoESAP, arXiv 2603.06003)
 * @param nllDifference nats per token that the candidate loses; negative where it gains
 * @param perplexityRatio the candidate's perplexity by the base's
 * @param intervals confidence intervals; empty for a single sequence, which tells of no spread
 * @param pValue chance of a loss difference this far from 0 if both models were alike
 */
public record DomainComparison(
    long tokens,
    double baseNll,
    double candidateNll,
    double klDivergence,
    double top1Agreement,
    int sequences,
    double top5Agreement,
    double acceptance,
    double nllDifference,
    double perplexityRatio,
    Optional<Intervals> intervals,
    double pValue) {}
