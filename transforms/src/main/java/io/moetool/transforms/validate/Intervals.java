package io.moetool.transforms.validate;

/**
 * Confidence intervals of what a {@link DomainComparison} measures.
 *
 * @param nllDifference of the candidate's nats per token less the base's
 * @param perplexityRatio of the candidate's perplexity by the base's
 * @param klDivergence of the mean divergence
 * @param top1Agreement of the share of agreeing tokens
 * @param top5Agreement of the share of shared continuations
 * @param acceptance of the mean probability in common
 */
public record Intervals(
    Interval nllDifference,
    Interval perplexityRatio,
    Interval klDivergence,
    Interval top1Agreement,
    Interval top5Agreement,
    Interval acceptance) {}
