package io.moetool.analyzers.specialisation;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Experts in the order of their scores. */
final class Ranking {
  private Ranking() {}

  /** Highest score first, lower indices first among equals. */
  static List<Integer> highestFirst(double[] scores) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer expert) -> scores[expert]).reversed())
        .toList();
  }
}
