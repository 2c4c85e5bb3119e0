package io.moetool.transforms.validate;

import io.moetool.transforms.evaluate.Evaluation;
import java.util.List;
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
 */
public record Validation(
    Evaluation base,
    Evaluation candidate,
    double klDivergence,
    double top1Agreement,
    SequencedMap<String, DomainComparison> domains,
    List<GateResult> gates,
    boolean passed) {}
