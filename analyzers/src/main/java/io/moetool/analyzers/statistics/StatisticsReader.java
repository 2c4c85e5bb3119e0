package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.safetensors.Quoted;
import io.moetool.formats.safetensors.SafetensorsFile;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a statistics file and believes nothing: shapes, counts and every number are checked. */
final class StatisticsReader {
  private static final String MEND = "the file is damaged or was edited: analyze the model again";

  private final String where;
  private final SafetensorsFile file;
  private final StatisticsHeader header;
  private final Optional<String> base;
  private final TensorLayout layout;

  StatisticsReader(String where, SafetensorsFile file) {
    this.where = where;
    this.file = file;
    this.header = StatisticsHeader.read(where, file.header().metadata());
    this.base = Optional.ofNullable(file.header().metadata().get(StatisticsFile.BASE_KEY));
    this.layout = new TensorLayout(header, base.isPresent());
  }

  Statistics read() {
    requireBase();
    requireTensors();
    return new Statistics(
        header.model(),
        header.measuredData().map(data -> new RoutedStatistics(data, layers(data))),
        header.weights()
            ? Optional.of(new WeightStatistics(weightLayers(), base))
            : Optional.empty(),
        header.isSampled() ? Optional.of(sampled()) : Optional.empty());
  }

  private void requireBase() {
    if (base.isPresent() && (base.get().isBlank() || !header.weights())) {
      throw bad(
          "metadata '" + StatisticsFile.BASE_KEY + "'",
          "there is nothing that was compared with a base");
    }
  }

  /** Before anything is allocated: every tensor is there, has its shape, and there is no other. */
  private void requireTensors() {
    Set<String> known = new HashSet<>();
    for (TensorInfo expected : layout.all()) {
      known.add(expected.name());
      if (!file.contains(expected.name())) {
        throw bad("tensor " + expected.name(), "is missing");
      }
      TensorInfo found = file.info(expected.name());
      if (found.dtype() != expected.dtype() || !found.shape().equals(expected.shape())) {
        throw bad(
            "tensor " + expected.name(),
            "is %s%s, the metadata ask for %s%s"
                .formatted(found.dtype(), found.shape(), expected.dtype(), expected.shape()));
      }
    }
    for (String name : file.names()) {
      if (!known.contains(name)) {
        throw bad("tensor " + Quoted.of(name), "is no statistic that the metadata announce");
      }
    }
  }

  private List<LayerStatistics> layers(MeasuredData data) {
    List<LayerStatistics> layers = new ArrayList<>();
    for (int layer : header.model().moeLayers()) {
      List<ExpertSums> byDomain = new ArrayList<>();
      for (int domain = 0; domain < data.domains().size(); domain++) {
        byDomain.add(sums(layer, domain));
        requireCounts(layer, data.domains().get(domain), byDomain.getLast());
      }
      Map<MatrixStatistic, SumMatrix> matrices = new EnumMap<>(MatrixStatistic.class);
      for (MatrixStatistic statistic : MatrixStatistic.values()) {
        matrices.put(statistic, matrix(layout.of(layer, statistic)));
      }
      List<Long> tokens =
          data.domains().stream().map(domain -> domain.seenIn(header.model(), layer)).toList();
      layers.add(new LayerStatistics(layer, tokens, byDomain, matrices));
    }
    return layers;
  }

  private ExpertSums sums(int layer, int domain) {
    int experts = header.model().experts();
    ExpertSums sums = new ExpertSums(experts);
    for (ExpertStatistic statistic : ExpertStatistic.values()) {
      double[] values = array(layout.of(layer, domain, statistic), 1, statistic.mayBeNegative());
      for (int expert = 0; expert < experts; expert++) {
        sums.add(statistic, expert, values[expert]);
      }
    }
    return sums;
  }

  /**
   * Every token of the domain chose K experts, of which some may not have taken it; a file that
   * says otherwise is not of one piece.
   */
  private void requireCounts(int layer, MeasuredData.Domain domain, ExpertSums sums) {
    MeasuredModel model = header.model();
    long seen = domain.seenIn(model, layer);
    double most = (double) seen;
    if (model.expertCapacity().isPresent()) {
      most = Math.min(most, (double) model.expertCapacity().getAsInt() * domain.sequences());
    }
    double total = 0;
    for (int expert = 0; expert < sums.experts(); expert++) {
      double tokens = sums.get(ExpertStatistic.N, expert);
      if (tokens != Math.rint(tokens) || tokens > most) {
        throw bad(
            "layer %d, expert %d, domain %s".formatted(layer, expert, Quoted.of(domain.name())),
            "chosen by %s of %d tokens".formatted(tokens, seen));
      }
      total += tokens;
    }
    double expected = (double) seen * model.expertsPerToken();
    if (model.expertCapacity().isPresent() ? total > expected : total != expected) {
      throw bad(
          "layer %d, domain %s".formatted(layer, Quoted.of(domain.name())),
          "experts were chosen %.0f times, %d tokens choose %d each"
              .formatted(total, seen, model.expertsPerToken()));
    }
  }

  private SampledStatistics sampled() {
    List<LayerSample> layers = new ArrayList<>();
    for (int layer : header.model().moeLayers()) {
      Map<SampleStatistic, SumMatrix> values = new EnumMap<>(SampleStatistic.class);
      for (SampleStatistic statistic : layout.ofSample()) {
        values.put(statistic, sampled(layout.of(layer, statistic)));
      }
      layers.add(checked(new LayerSample(layer, header.sampleOf(layer), values)));
    }
    return new SampledStatistics(layers);
  }

  private SumMatrix sampled(TensorInfo info) {
    int rank = info.shape().rank();
    int columns = Math.toIntExact(info.shape().dim(rank - 1));
    double[] values = array(info, columns, true);
    return SumMatrix.over(values.length / columns, columns, values);
  }

  /** Orders and sets of experts are what they say. */
  private LayerSample checked(LayerSample layer) {
    try {
      layer.elimination();
      layer.subsets();
      return layer;
    } catch (IllegalArgumentException e) {
      throw bad(
          "layer %d".formatted(layer.layer()),
          "its losses by experts taken away make no sense: " + e.getMessage());
    }
  }

  private List<LayerWeightStatistics> weightLayers() {
    List<LayerWeightStatistics> layers = new ArrayList<>();
    for (int layer : header.model().moeLayers()) {
      Map<WeightStatistic, double[]> values = new EnumMap<>(WeightStatistic.class);
      for (WeightStatistic statistic : WeightStatistic.values()) {
        values.put(statistic, array(layout.of(layer, statistic), 1, false));
      }
      LayerWeightStatistics read =
          new LayerWeightStatistics(
              layer, values, matrix(layout.routerGram(layer)), matrix(layout.weightGram(layer)));
      layers.add(
          base.isPresent() ? read.withBase(array(layout.baseRouterNorms(layer), 1, false)) : read);
    }
    return layers;
  }

  private SumMatrix matrix(TensorInfo info) {
    int columns = Math.toIntExact(info.shape().dim(1));
    double[] values = array(info, columns, true);
    return SumMatrix.over(values.length / columns, columns, values);
  }

  private double[] array(TensorInfo info, int perExpert, boolean mayBeNegative) {
    MemorySegment bytes = file.view(info.name()).bytes();
    double[] values = new double[Math.toIntExact(info.shape().elements())];
    MemorySegment.copy(bytes, StatisticsFile.STORED, 0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      requireNumber(info, i / perExpert, values[i], mayBeNegative);
    }
    return values;
  }

  private void requireNumber(TensorInfo info, int expert, double value, boolean mayBeNegative) {
    if (!Double.isFinite(value) || (value < 0 && !mayBeNegative)) {
      throw bad("tensor %s, expert %d".formatted(info.name(), expert), "the value is " + value);
    }
  }

  private BadInputException bad(String place, String problem) {
    return new BadInputException(where + ", " + place, problem, MEND);
  }
}
