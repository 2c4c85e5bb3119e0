package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Every expert on every token against numbers of PyTorch and NumPy, which route tokens again and
 * add up outputs instead of using inner products ({@code interop/sample_statistics.py}).
 */
class GoldenSampleTest {
  private static final Path SAMPLES = Path.of("src/test/resources/sample");
  private static final Path CHECKPOINTS = Path.of("../runtime/src/test/resources/golden");
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  static Stream<String> names() throws IOException {
    try (Stream<Path> files = Files.list(SAMPLES)) {
      return files
          .map(file -> file.getFileName().toString().replace(".json", ""))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void samplesEqualTheReference(String name) {
    JsonNode golden = Json.readObject(SAMPLES.resolve(name + ".json"));
    List<LayerSample> layers = run(name, sequences(golden.get("sequences"))).layers();
    assertThat(layers).hasSize(golden.get("layers").size());
    for (int i = 0; i < layers.size(); i++) {
      JsonNode expected = golden.get("layers").get(i);
      assertThat(layers.get(i).layer()).isEqualTo(expected.get("layer").intValue());
      for (SampleStatistic statistic : SampleStatistic.values()) {
        JsonNode numbers = expected.get(statistic.name().toLowerCase(Locale.ROOT));
        if (numbers != null && !numbers.isEmpty()) {
          assertClose(statistic, layers.get(i).matrix(statistic).values(), numbers(numbers));
        }
      }
    }
  }

  private static SampledStatistics run(String name, List<TokenSequence> sequences) {
    try (CheckpointStore store = CheckpointStore.open(CHECKPOINTS.resolve(name));
        WorkPool pool = new WorkPool(2)) {
      Architecture architecture =
          FamilyCatalog.builtIn().resolve(ModelConfig.read(store.configFile()), store);
      SequenceData data = new SequenceData(sequences);
      SampleStatisticsTap tap = new SampleStatisticsTap(data, Math.toIntExact(data.tokens()));
      new CheckpointModel(store, architecture, ENGINE, pool, ExpertMask.NONE)
          .observe(data, Taps.of(tap), RunProgress.NONE);
      return tap.statistics().orElseThrow();
    }
  }

  /** To 1e-4 of the largest value; steps exactly. */
  private static void assertClose(SampleStatistic statistic, double[] actual, double[] expected) {
    boolean steps = statistic == SampleStatistic.STEP || statistic == SampleStatistic.VOTE_STEP;
    double[] used = Arrays.copyOf(actual, expected.length);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
    for (int i = 0; i < expected.length; i++) {
      assertThat(used[i])
          .as("%s[%d]", statistic, i)
          .isCloseTo(expected[i], within(steps ? 0 : 1e-4 * largest + 1e-12));
    }
    for (int i = expected.length; i < actual.length; i++) {
      assertThat(actual[i]).as("%s[%d]", statistic, i).isEqualTo(-1);
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
