package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.formats.safetensors.SafetensorsWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The file {@code statistics.safetensors}: F64 tensors named {@code
 * layers.<layer>.domain<d>.<statistic>} for {@link ExpertStatistic} ({@code [E]}), {@code
 * layers.<layer>.<statistic>} for {@link MatrixStatistic} ({@code [E, E]} or {@code [E, H]}),
 * {@code layers.<layer>.sample.<statistic>} for {@link SampleStatistic} and {@code
 * layers.<layer>.weights.<statistic>} for sums over weights. Fingerprints, domains and extents
 * stand in the metadata as one JSON text, {@code moetool-statistics}; the fingerprint of a base
 * that routers were compared with beside it, as {@code moetool-base}.
 *
 * <p>Files over disjoint data add up, except for what a sample shows beyond sums: a file of several
 * samples does not hold it.
 *
 * <p>The same statistics give the same bytes.
 */
public final class StatisticsFile {
  /** What the file is called in the folder that {@code analyze} writes. */
  public static final String NAME = "statistics.safetensors";

  static final ValueLayout.OfDouble STORED =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Doubles handed on at a time. */
  private static final int PIECE = 1 << 15;

  /** Metadata entry with the fingerprint of the checkpoint that routers were compared with. */
  static final String BASE_KEY = "moetool-base";

  private StatisticsFile() {}

  /**
   * Writes a new file.
   *
   * @throws EnvironmentException if the disk refuses
   */
  public static void write(Path path, Statistics statistics) {
    StatisticsHeader header = StatisticsHeader.of(statistics);
    Optional<String> base = statistics.weights().flatMap(WeightStatistics::base);
    TensorLayout layout = new TensorLayout(header, base.isPresent());
    List<OutputTensor> tensors = new ArrayList<>();
    statistics
        .routed()
        .ifPresent(routed -> routed.layers().forEach(layer -> add(layout, layer, tensors)));
    statistics
        .sampled()
        .ifPresent(sampled -> sampled.layers().forEach(layer -> add(layout, layer, tensors)));
    statistics
        .weights()
        .ifPresent(weights -> weights.layers().forEach(layer -> add(layout, layer, tensors)));
    Map<String, String> metadata = new TreeMap<>(header.toMetadata());
    base.ifPresent(fingerprint -> metadata.put(BASE_KEY, fingerprint));
    SafetensorsWriter.write(path, tensors, metadata, WriteProgress.none());
  }

  /**
   * Reads and checks a file.
   *
   * @param path the file, or the folder that holds it as {@value #NAME}
   * @throws BadInputException if it is no statistics file or contradicts itself
   */
  public static Statistics read(Path path) {
    Path file = Files.isDirectory(path) ? path.resolve(NAME) : path;
    if (!Files.isRegularFile(file)) {
      throw new BadInputException(
          file.toString(),
          "there are no statistics",
          "name the folder that analyze wrote, or run analyze first");
    }
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      return new StatisticsReader(file.toString(), tensors).read();
    }
  }

  private static void add(TensorLayout layout, LayerStatistics layer, List<OutputTensor> tensors) {
    for (int domain = 0; domain < layer.byDomain().size(); domain++) {
      ExpertSums sums = layer.byDomain().get(domain);
      for (ExpertStatistic statistic : ExpertStatistic.values()) {
        tensors.add(
            new OutputTensor(
                layout.of(layer.layer(), domain, statistic),
                content(() -> sums.toArray(statistic))));
      }
    }
    for (MatrixStatistic statistic : MatrixStatistic.values()) {
      tensors.add(
          new OutputTensor(
              layout.of(layer.layer(), statistic), content(layer.matrix(statistic)::values)));
    }
  }

  private static void add(TensorLayout layout, LayerSample layer, List<OutputTensor> tensors) {
    for (SampleStatistic statistic : layout.ofSample()) {
      tensors.add(
          new OutputTensor(
              layout.of(layer.layer(), statistic), content(layer.matrix(statistic)::values)));
    }
  }

  private static void add(
      TensorLayout layout, LayerWeightStatistics layer, List<OutputTensor> tensors) {
    for (WeightStatistic statistic : WeightStatistic.values()) {
      tensors.add(
          new OutputTensor(
              layout.of(layer.layer(), statistic), content(() -> layer.values(statistic))));
    }
    TensorInfo routerGram = layout.routerGram(layer.layer());
    tensors.add(new OutputTensor(routerGram, content(layer.routerGram()::values)));
    TensorInfo weightGram = layout.weightGram(layer.layer());
    tensors.add(new OutputTensor(weightGram, content(layer.weightGram()::values)));
    layer
        .baseRouterNorms()
        .ifPresent(norms ->
            tensors.add(
                new OutputTensor(layout.baseRouterNorms(layer.layer()), content(() -> norms))));
  }

  private static TensorContent content(Supplier<double[]> source) {
    return sink -> {
      double[] values = source.get();
      MemorySegment piece = MemorySegment.ofArray(new byte[PIECE * Double.BYTES]);
      for (int done = 0; done < values.length; done += PIECE) {
        int length = Math.min(PIECE, values.length - done);
        MemorySegment.copy(values, done, piece, STORED, 0, length);
        sink.write(piece.asSlice(0, (long) length * Double.BYTES));
      }
    };
  }
}
