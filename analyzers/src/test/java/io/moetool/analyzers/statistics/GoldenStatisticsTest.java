package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyScores;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.json.Json;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * The whole way from a checkpoint to scores against numbers that NumPy adds up from what the
 * reference library computes ({@code interop/expert_sums.py}).
 */
class GoldenStatisticsTest {
  private static final Path STATISTICS = Path.of("src/test/resources/golden");
  private static final Path CHECKPOINTS = Path.of("../runtime/src/test/resources/golden");
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  /** Methods that the golden files call by another name. */
  private static final Map<String, String> OTHER_NAMES =
      Map.of("soft", "soft_count", "max_activation", "max_activations");

  static Stream<String> names() throws IOException {
    try (Stream<Path> files = Files.list(STATISTICS)) {
      return files
          .map(file -> file.getFileName().toString().replace(".json", ""))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void sumsAndScoresEqualTheReference(String name) {
    JsonNode golden = Json.readObject(STATISTICS.resolve(name + ".json"));
    List<TokenSequence> sequences = sequences(golden.get("sequences"));

    assertEqual(golden.get("layers"), run(name, sequences));
    assertEqual(
        golden.get("firstSequence").get("layers"), run(name, List.of(sequences.getFirst())));
  }

  private static Statistics run(String name, List<TokenSequence> sequences) {
    try (CheckpointStore store = CheckpointStore.open(CHECKPOINTS.resolve(name));
        WorkPool pool = new WorkPool(2)) {
      Architecture architecture =
          FamilyCatalog.builtIn().resolve(ModelConfig.read(store.configFile()), store);
      SequenceData data = new SequenceData(sequences);
      StatisticsTap tap = new StatisticsTap(MeasuredModel.of(architecture, "sha256:g"), data);
      new CheckpointModel(store, architecture, ENGINE, pool, ExpertMask.NONE)
          .observe(data, Taps.of(tap), RunProgress.NONE);
      return tap.statistics();
    }
  }

  private static void assertEqual(JsonNode golden, Statistics statistics) {
    List<LayerStatistics> layers = statistics.requireRouted().layers();
    assertThat(layers).hasSize(golden.size());
    for (int i = 0; i < layers.size(); i++) {
      LayerStatistics layer = layers.get(i);
      assertThat(layer.layer()).isEqualTo(golden.get(i).get("layer").intValue());
      golden
          .get(i)
          .get("sums")
          .forEachEntry((sum, expected) -> assertClose(sum, values(layer, sum), numbers(expected)));
      golden
          .get(i)
          .get("scores")
          .forEachEntry((method, expected) ->
              assertClose(
                  method,
                  SaliencyScores.of(
                          SaliencyCatalog.named(OTHER_NAMES.getOrDefault(method, method), 0),
                          statistics)
                      .layer(layer.layer()),
                  numbers(expected)));
    }
  }

  private static double[] values(LayerStatistics layer, String sum) {
    for (MatrixStatistic statistic : MatrixStatistic.values()) {
      if (statistic.key().equals(sum)) {
        return layer.matrix(statistic).values();
      }
    }
    for (ExpertStatistic statistic : ExpertStatistic.values()) {
      if (statistic.key().equals(sum)) {
        return layer.overall().toArray(statistic);
      }
    }
    throw new AssertionError("no statistic " + sum);
  }

  /** To 1e-4 of the largest value: single values may be differences of much larger ones. */
  private static void assertClose(String what, double[] actual, double[] expected) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    double largest = 0;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i])
          .as("%s[%d]", what, i)
          .isCloseTo(expected[i], within(1e-4 * largest + 1e-12));
    }
  }

  private static double[] numbers(JsonNode array) {
    List<Double> numbers = new ArrayList<>();
    flatten(array, numbers);
    return numbers.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void flatten(JsonNode node, List<Double> into) {
    if (node.isArray()) {
      node.forEach(child -> flatten(child, into));
    } else {
      into.add(node.doubleValue());
    }
  }

  private static List<TokenSequence> sequences(JsonNode arrays) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (JsonNode array : arrays) {
      int[] tokens = new int[array.size()];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = array.get(i).intValue();
      }
      sequences.add(new TokenSequence("all", tokens));
    }
    return sequences;
  }
}
