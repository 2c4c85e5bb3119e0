package io.moetool.analyzers.report;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.redundancy.Dendrogram;
import io.moetool.analyzers.redundancy.LayerRedundancy;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The dendrograms of all layers.
 *
 * @param measure what distances are by, as {@link Dendrogram} says
 * @param first packed uint16, experts that name the first of two joined groups, layer after layer
 * @param second packed uint16, those that name the second
 * @param unit what distances are multiples of
 * @param distance packed uint16
 */
record PackedJoins(String measure, String first, String second, double unit, String distance) {
  static PackedJoins of(Analysis analysis) {
    List<Dendrogram> trees =
        analysis.redundancy().layers().stream().map(LayerRedundancy::dendrogram).toList();
    double[] distances = numbers(trees, join -> Math.max(0, join.distance()));
    double unit = PackedNumbers.unit(Arrays.stream(distances).max().orElse(0));
    return new PackedJoins(
        trees.getFirst().measure(),
        PackedNumbers.uint16(numbers(trees, Dendrogram.Join::first), 1),
        PackedNumbers.uint16(numbers(trees, Dendrogram.Join::second), 1),
        unit,
        PackedNumbers.uint16(distances, unit));
  }

  private static double[] numbers(
      List<Dendrogram> trees, ToDoubleFunction<Dendrogram.Join> number) {
    return trees.stream().flatMap(tree -> tree.joins().stream()).mapToDouble(number).toArray();
  }
}
