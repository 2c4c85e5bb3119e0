package io.moetool.analyzers.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Statistics that no model has: values set one by one, or by lot for a model of any size. */
public final class Synthetic {
  private Synthetic() {}

  /**
   * The largest outputs of all experts; layer {@code l} is entry {@code l}, an empty one is dense.
   */
  public static Statistics withLargestOutputs(double[]... byLayer) {
    int experts =
        IntStream.range(0, byLayer.length).map(l -> byLayer[l].length).max().orElseThrow();
    List<Integer> moeLayers =
        IntStream.range(0, byLayer.length).filter(l -> byLayer[l].length > 0).boxed().toList();
    MeasuredModel model =
        MeasuredModel.ofDecoder("sha256:s", "synthetic", byLayer.length, moeLayers, experts, 1, 1);
    List<LayerStatistics> layers = new ArrayList<>();
    for (int layer : moeLayers) {
      ExpertSums sums = new ExpertSums(experts);
      for (int expert = 0; expert < experts; expert++) {
        sums.add(ExpertStatistic.MX, expert, byLayer[layer][expert]);
        sums.add(ExpertStatistic.N, expert, 100);
      }
      layers.add(new LayerStatistics(layer, List.of(100L * experts), List.of(sums), zeros(model)));
    }
    return new Statistics(
        model,
        Optional.of(new RoutedStatistics(data(List.of("all"), 100L * experts), layers)),
        Optional.empty(),
        Optional.empty());
  }

  /** One layer whose experts were chosen by these numbers of tokens, one row per domain; K = 1. */
  public static Statistics withCounts(List<String> domains, double[]... counts) {
    MeasuredModel model =
        MeasuredModel.ofDecoder("sha256:c", "synthetic", 1, List.of(0), counts[0].length, 1, 1);
    List<ExpertSums> sums = new ArrayList<>();
    List<MeasuredData.Domain> measured = new ArrayList<>();
    for (int domain = 0; domain < counts.length; domain++) {
      sums.add(new ExpertSums(model.experts()));
      long tokens = 0;
      for (int expert = 0; expert < model.experts(); expert++) {
        sums.get(domain).add(ExpertStatistic.N, expert, counts[domain][expert]);
        tokens += (long) counts[domain][expert];
      }
      measured.add(new MeasuredData.Domain(domains.get(domain), 1, tokens, 0));
    }
    return new Statistics(
        model,
        Optional.of(
            new RoutedStatistics(
                new MeasuredData(List.of("sha256:d"), measured),
                List.of(
                    new LayerStatistics(
                        0,
                        measured.stream().map(MeasuredData.Domain::tokens).toList(),
                        sums,
                        zeros(model))))),
        Optional.empty(),
        Optional.empty());
  }

  /** One layer with these values of one statistic, 1 token for every expert, K = 1. */
  public static Statistics with(ExpertStatistic statistic, double... values) {
    Statistics statistics = withCounts(List.of("all"), ones(values.length));
    ExpertSums sums = statistics.requireRouted().layers().getFirst().byDomain().getFirst();
    for (int expert = 0; expert < values.length; expert++) {
      sums.add(statistic, expert, values[expert]);
    }
    return rebuilt(statistics);
  }

  /** One layer whose experts each have one matrix of these entries. */
  public static Statistics withWeights(double[]... entries) {
    Map<WeightStatistic, double[]> values = new EnumMap<>(WeightStatistic.class);
    values.put(WeightStatistic.ABS_SUM, perExpert(entries, w -> w.map(Math::abs).sum()));
    values.put(WeightStatistic.SQUARE_SUM, perExpert(entries, w -> w.map(x -> x * x).sum()));
    values.put(WeightStatistic.MAX_ABS, perExpert(entries, w -> w.map(Math::abs).max().orElse(0)));
    values.put(WeightStatistic.COUNT, perExpert(entries, DoubleStream::count));
    int experts = entries.length;
    MeasuredModel model =
        MeasuredModel.ofDecoder("sha256:w", "synthetic", 1, List.of(0), experts, 1, 1);
    return Statistics.none(model)
        .withWeights(
            new WeightStatistics(
                List.of(
                    new LayerWeightStatistics(
                        0,
                        values,
                        SumMatrix.over(experts, experts, new double[experts * experts]),
                        SumMatrix.over(experts, experts, new double[experts * experts]))),
                Optional.empty()));
  }

  /** One layer whose router has these rows, and whose base had those; neither has other weights. */
  public static Statistics withRouters(double[][] base, double[][] rows) {
    int experts = rows.length;
    double[] products = new double[experts * experts];
    double[] before = new double[experts];
    for (int i = 0; i < experts; i++) {
      before[i] = Math.sqrt(Arrays.stream(base[i]).map(x -> x * x).sum());
      for (int j = 0; j < experts; j++) {
        for (int column = 0; column < rows[i].length; column++) {
          products[i * experts + j] += rows[i][column] * rows[j][column];
        }
      }
    }
    WeightStatistics weights = withWeights(rows).weights().orElseThrow();
    LayerWeightStatistics layer = weights.layers().getFirst();
    Map<WeightStatistic, double[]> values = new EnumMap<>(WeightStatistic.class);
    for (WeightStatistic statistic : WeightStatistic.values()) {
      values.put(statistic, layer.values(statistic));
    }
    return Statistics.none(withWeights(rows).model())
        .withWeights(
            new WeightStatistics(
                List.of(
                    new LayerWeightStatistics(
                            0,
                            values,
                            SumMatrix.over(experts, experts, products),
                            layer.weightGram())
                        .withBase(before)),
                Optional.of("sha256:base")));
  }

  private static double[] perExpert(double[][] entries, ToDoubleFunction<DoubleStream> summary) {
    return Arrays.stream(entries).map(Arrays::stream).mapToDouble(summary).toArray();
  }

  /** Plausible numbers for a model of some size. */
  public static Statistics random(
      int layers, int experts, int perToken, int hidden, List<String> domains) {
    SplittableRandom random = new SplittableRandom(5);
    MeasuredModel model =
        MeasuredModel.ofDecoder(
            "sha256:" + "0123456789abcdef".repeat(4),
            "synthetic_moe",
            layers,
            IntStream.range(0, layers).boxed().toList(),
            experts,
            perToken,
            hidden);
    long tokens = 10_000L * experts / perToken;
    List<LayerStatistics> sums = new ArrayList<>();
    List<LayerWeightStatistics> weights = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      sums.add(randomLayer(random, model, layer, domains.size(), tokens));
      Map<WeightStatistic, double[]> values = new EnumMap<>(WeightStatistic.class);
      for (WeightStatistic statistic : WeightStatistic.values()) {
        values.put(statistic, random.doubles(experts, 1, 3).toArray());
      }
      weights.add(
          new LayerWeightStatistics(layer, values, gram(random, experts), gram(random, experts)));
    }
    return new Statistics(
        model,
        Optional.of(new RoutedStatistics(data(domains, tokens), sums)),
        Optional.of(new WeightStatistics(weights, Optional.empty())),
        Optional.empty());
  }

  private static LayerStatistics randomLayer(
      SplittableRandom random, MeasuredModel model, int layer, int domains, long tokens) {
    int experts = model.experts();
    List<ExpertSums> byDomain = new ArrayList<>();
    for (int domain = 0; domain < domains; domain++) {
      ExpertSums sums = new ExpertSums(experts);
      long left = tokens * model.expertsPerToken();
      for (int expert = 0; expert < experts; expert++) {
        long mean = left / (experts - expert);
        long n =
            expert == experts - 1 ? left : random.nextLong(mean - mean / 4, mean + mean / 4 + 1);
        left -= n;
        sums.add(ExpertStatistic.N, expert, (double) n);
        for (ExpertStatistic statistic : ExpertStatistic.values()) {
          if (statistic != ExpertStatistic.N) {
            sums.add(statistic, expert, n * random.nextDouble(0.1, 1) * Math.pow(1.05, layer));
          }
        }
      }
      byDomain.add(sums);
    }
    Map<MatrixStatistic, SumMatrix> matrices = zeros(model);
    matrices.put(MatrixStatistic.ZGRAM, gram(random, experts));
    matrices.put(MatrixStatistic.COACT, gram(random, experts));
    return new LayerStatistics(layer, Collections.nCopies(domains, tokens), byDomain, matrices);
  }

  private static SumMatrix gram(SplittableRandom random, int experts) {
    double[] values = new double[experts * experts];
    for (int i = 0; i < experts; i++) {
      values[i * experts + i] = 1;
      for (int j = 0; j < i; j++) {
        double value = random.nextDouble(0, 1) * random.nextDouble(0, 1);
        values[i * experts + j] = value;
        values[j * experts + i] = value;
      }
    }
    return SumMatrix.over(experts, experts, values);
  }

  private static MeasuredData data(List<String> domains, long tokens) {
    return new MeasuredData(
        List.of("sha256:d"),
        domains.stream().map(name -> new MeasuredData.Domain(name, 10, tokens, 0)).toList());
  }

  private static Map<MatrixStatistic, SumMatrix> zeros(MeasuredModel model) {
    Map<MatrixStatistic, SumMatrix> matrices = new EnumMap<>(MatrixStatistic.class);
    for (MatrixStatistic statistic : MatrixStatistic.values()) {
      int columns = statistic.columns(model);
      matrices.put(
          statistic,
          SumMatrix.over(
              statistic.rows(model), columns, new double[statistic.rows(model) * columns]));
    }
    matrices.put(MatrixStatistic.PEAKS, new Peaks(model.experts()).toMatrix());
    return matrices;
  }

  private static Statistics rebuilt(Statistics statistics) {
    RoutedStatistics routed = statistics.requireRouted();
    return new Statistics(
        statistics.model(),
        Optional.of(
            new RoutedStatistics(
                routed.data(),
                routed.layers().stream()
                    .map(l ->
                        new LayerStatistics(
                            l.layer(),
                            routed.data().domains().stream()
                                .map(MeasuredData.Domain::tokens)
                                .toList(),
                            l.byDomain(),
                            zeros(statistics.model())))
                    .toList())),
        statistics.weights(),
        statistics.sampled());
  }

  private static double[] ones(int count) {
    return IntStream.range(0, count).mapToDouble(i -> 1).toArray();
  }
}
