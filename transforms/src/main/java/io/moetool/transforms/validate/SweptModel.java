package io.moetool.transforms.validate;

import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.ModelSize;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * One candidate of a sweep, as it is printed.
 *
 * @param name the plan or model that was named
 * @param candidate the candidate's own result
 * @param size how much it holds
 * @param klDivergence as in {@link Validation}, as are all that follow
 * @param onFront whether no other candidate is as small and diverges as little, and is better in
 *     one of both
 */
public record SweptModel(
    String name,
    Evaluation candidate,
    ModelSize size,
    double klDivergence,
    double top1Agreement,
    double top5Agreement,
    double nllDifference,
    double perplexityRatio,
    Optional<Intervals> intervals,
    double pValue,
    SequencedMap<String, DomainComparison> domains,
    List<TaskComparison> tasks,
    List<GateResult> gates,
    boolean passed,
    boolean onFront) {
  static SweptModel of(String name, Validation validation, boolean onFront) {
    return new SweptModel(
        name,
        validation.candidate(),
        validation.candidateSize(),
        validation.klDivergence(),
        validation.top1Agreement(),
        validation.top5Agreement(),
        validation.nllDifference(),
        validation.perplexityRatio(),
        validation.intervals(),
        validation.pValue(),
        validation.domains(),
        validation.tasks(),
        validation.gates(),
        validation.passed(),
        onFront);
  }
}
