package io.moetool.transforms.validate;

import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.ModelSize;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A candidate held against its base, as it is printed.
 *
 * @param base the base's own result
 * @param candidate the candidate's own result
 * @param klDivergence mean over predicted tokens of the candidate's divergence from the base, in
 *     nats
 * @param top1Agreement share of predicted tokens for which both find the same continuation most
 *     likely
 * @param domains the same by domain
 * @param gates bounds that were asked for
 * @param passed whether all of them are kept
 * @param top5Agreement mean share of the five most likely continuations that both have in common
 * @param acceptance mean probability that both distributions over a token have in common
 * @param nllDifference nats per token that the candidate loses
 * @param perplexityRatio the candidate's perplexity by the base's
 * @param intervals confidence intervals; empty where only one sequence predicts anything
 * @param pValue chance of a loss difference this far from 0 if both models were alike
 * @param inference how intervals and p-values were computed
 * @param baseSize how much the base holds
 * @param candidateSize how much the candidate holds
 * @param tasks questions that both answered
 * @param layers how far the candidate has come off after each layer with experts; none if nobody
 *     asked
 */
public record Validation(
    Evaluation base,
    Evaluation candidate,
    double klDivergence,
    double top1Agreement,
    SequencedMap<String, DomainComparison> domains,
    List<GateResult> gates,
    boolean passed,
    double top5Agreement,
    double acceptance,
    double nllDifference,
    double perplexityRatio,
    Optional<Intervals> intervals,
    double pValue,
    Inference inference,
    ModelSize baseSize,
    ModelSize candidateSize,
    List<TaskComparison> tasks,
    List<LayerDifference> layers) {
  /** The same with what was found by layer. */
  public Validation with(List<LayerDifference> found) {
    return new Validation(
        base,
        candidate,
        klDivergence,
        top1Agreement,
        domains,
        gates,
        passed,
        top5Agreement,
        acceptance,
        nllDifference,
        perplexityRatio,
        intervals,
        pValue,
        inference,
        baseSize,
        candidateSize,
        tasks,
        List.copyOf(found));
  }
}
