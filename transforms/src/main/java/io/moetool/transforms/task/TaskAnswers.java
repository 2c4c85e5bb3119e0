package io.moetool.transforms.task;

import java.util.Optional;
import java.util.stream.DoubleStream;

/** Which questions of a task a model answered rightly. */
public final class TaskAnswers {
  private final Task task;
  private final double[] right;
  private final Optional<double[]> rightByLength;
  private final int cut;

  /**
   * Answers to all questions, 1 for a right one and 0 for a wrong one.
   *
   * @param rightByLength the same where likelihoods are counted by character; empty where answers
   *     are written
   * @param cut questions whose prompts were cut to fit into the model
   */
  TaskAnswers(Task task, double[] right, Optional<double[]> rightByLength, int cut) {
    this.task = task;
    this.right = right.clone();
    this.rightByLength = rightByLength.map(double[]::clone);
    this.cut = cut;
  }

  /** The task. */
  public Task task() {
    return task;
  }

  /** What counts, by question: likelihood by character where there is a choice. */
  public double[] counted() {
    return rightByLength.orElse(right).clone();
  }

  /** Shares of right answers. */
  public TaskScore score() {
    double score = mean(counted());
    int items = right.length;
    return new TaskScore(
        score,
        items < 2 ? Double.NaN : Math.sqrt(score * (1 - score) / (items - 1)),
        mean(right),
        rightByLength.map(TaskAnswers::mean),
        cut);
  }

  private static double mean(double[] values) {
    return DoubleStream.of(values).average().orElseThrow();
  }
}
