package io.moetool.transforms.validate;

/**
 * Base and candidate on one domain.
 *
 * @param tokens predicted tokens
 * @param baseNll nats per token of the base
 * @param candidateNll nats per token of the candidate
 * @param klDivergence mean divergence of the candidate from the base, in nats
 * @param top1Agreement share of tokens for which both find the same continuation most likely
 */
public record DomainComparison(
    long tokens, double baseNll, double candidateNll, double klDivergence, double top1Agreement) {}
