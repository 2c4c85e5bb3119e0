package io.moetool.transforms.validate;

import io.moetool.transforms.task.TaskAnswers;
import io.moetool.transforms.task.TaskResult;
import io.moetool.transforms.task.TaskScore;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Base and candidate in one task, as it is printed.
 *
 * @param name of the task
 * @param kind {@code multiple-choice} or {@code generate}
 * @param items questions asked
 * @param chance score of lots
 * @param base the base's score
 * @param candidate the candidate's score
 * @param difference the candidate's score less the base's
 * @param interval of the difference, by bootstrap over questions; empty for a single question
 * @param pValue chance of a difference this far from 0 if both models were alike
 */
public record TaskComparison(
    String name,
    String kind,
    int items,
    double chance,
    TaskScore base,
    TaskScore candidate,
    double difference,
    Optional<Interval> interval,
    double pValue) {
  /** Compares answers to the same questions. */
  public static TaskComparison of(TaskAnswers base, TaskAnswers candidate) {
    TaskResult ofBase = TaskResult.of(base);
    TaskResult ofCandidate = TaskResult.of(candidate);
    double[] right = candidate.counted();
    double[] rightOfBase = base.counted();
    double[] differences = new double[right.length];
    Arrays.setAll(differences, i -> right[i] - rightOfBase[i]);
    return new TaskComparison(
        ofBase.name(),
        ofBase.kind(),
        ofBase.items(),
        ofBase.chance(),
        ofBase.score(),
        ofCandidate.score(),
        ofCandidate.score().score() - ofBase.score().score(),
        differences.length < 2 ? Optional.empty() : Optional.of(interval(differences)),
        SignFlipTest.pValue(differences));
  }

  private static Interval interval(double[] differences) {
    double[] once = new double[differences.length];
    Arrays.fill(once, 1);
    return new Bootstrap(
            List.of(IntStream.range(0, once.length).toArray()), once, Bootstrap.RESAMPLES)
        .intervals(List.of(differences))
        .getFirst();
  }
}
