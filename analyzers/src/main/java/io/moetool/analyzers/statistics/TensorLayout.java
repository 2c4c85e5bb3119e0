package io.moetool.analyzers.statistics;

import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Names and shapes of the tensors in a statistics file. */
final class TensorLayout {
  private final StatisticsHeader header;
  private final boolean base;

  /**
   * A layout.
   *
   * @param base whether routers were compared with those of a base
   */
  TensorLayout(StatisticsHeader header, boolean base) {
    this.header = header;
    this.base = base;
  }

  /**
   * {@code layers.3.domain0.n}, by expert. Domains have numbers here: their names may be anything.
   */
  TensorInfo of(int layer, int domain, ExpertStatistic statistic) {
    return info(
        layer,
        "domain%d.%s".formatted(domain, statistic.key()),
        Shape.of(header.model().experts()));
  }

  /** {@code layers.3.coact}, by expert and expert or column. */
  TensorInfo of(int layer, MatrixStatistic statistic) {
    return info(layer, statistic.key(), statistic.shape(header.model()));
  }

  /** {@code layers.3.weights.absSum}, by expert. */
  TensorInfo of(int layer, WeightStatistic statistic) {
    return info(layer, "weights." + statistic.key(), Shape.of(header.model().experts()));
  }

  /** {@code layers.3.weights.routerGram}, by expert and expert. */
  TensorInfo routerGram(int layer) {
    return info(
        layer, "weights.routerGram", Shape.of(header.model().experts(), header.model().experts()));
  }

  /** {@code layers.3.weights.weightGram}, by expert and expert. */
  TensorInfo weightGram(int layer) {
    return info(
        layer, "weights.weightGram", Shape.of(header.model().experts(), header.model().experts()));
  }

  /** {@code layers.3.weights.baseRouterNorm}, by expert. */
  TensorInfo baseRouterNorms(int layer) {
    return info(layer, "weights.baseRouterNorm", Shape.of(header.model().experts()));
  }

  /** {@code layers.3.sample.ca}. */
  TensorInfo of(int layer, SampleStatistic statistic) {
    return info(layer, "sample." + statistic.key(), statistic.shape(header.model()));
  }

  /** What the file holds of a sample. */
  List<SampleStatistic> ofSample() {
    return Arrays.stream(SampleStatistic.values())
        .filter(statistic -> header.isSampled() && (header.isOfOnePass() || statistic.isAdditive()))
        .toList();
  }

  /** All tensors in the order they are written. */
  List<TensorInfo> all() {
    List<TensorInfo> all = new ArrayList<>();
    for (int layer : header.model().moeLayers()) {
      for (int domain = 0; domain < header.data().domains().size(); domain++) {
        for (ExpertStatistic statistic : ExpertStatistic.values()) {
          all.add(of(layer, domain, statistic));
        }
      }
      if (header.measuredData().isPresent()) {
        for (MatrixStatistic statistic : MatrixStatistic.values()) {
          all.add(of(layer, statistic));
        }
      }
      for (SampleStatistic statistic : ofSample()) {
        all.add(of(layer, statistic));
      }
      if (header.weights()) {
        for (WeightStatistic statistic : WeightStatistic.values()) {
          all.add(of(layer, statistic));
        }
        all.add(routerGram(layer));
        all.add(weightGram(layer));
        if (base) {
          all.add(baseRouterNorms(layer));
        }
      }
    }
    return all;
  }

  private static TensorInfo info(int layer, String statistic, Shape shape) {
    return new TensorInfo("layers.%d.%s".formatted(layer, statistic), DType.F64, shape);
  }
}
