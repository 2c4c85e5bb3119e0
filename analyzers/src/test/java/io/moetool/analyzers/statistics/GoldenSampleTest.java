package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.GoldenRun;
import io.moetool.formats.json.Json;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.text.SequenceData;
import java.io.IOException;
import java.nio.file.Path;
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

  static Stream<String> names() throws IOException {
    return GoldenRun.names(SAMPLES);
  }

  @ParameterizedTest
  @MethodSource("names")
  void samplesEqualTheReference(String name) {
    JsonNode golden = Json.readObject(SAMPLES.resolve(name + ".json"));
    List<LayerSample> layers = run(name, GoldenRun.sequences(golden.get("sequences"))).layers();
    assertThat(layers).hasSize(golden.get("layers").size());
    for (int i = 0; i < layers.size(); i++) {
      JsonNode expected = golden.get("layers").get(i);
      assertThat(layers.get(i).layer()).isEqualTo(expected.get("layer").intValue());
      for (SampleStatistic statistic : SampleStatistic.values()) {
        JsonNode numbers = expected.get(statistic.name().toLowerCase(Locale.ROOT));
        if (numbers != null && !numbers.isEmpty()) {
          assertClose(
              statistic, layers.get(i).matrix(statistic).values(), GoldenRun.numbers(numbers));
        }
      }
    }
  }

  private static SampledStatistics run(String name, SequenceData data) {
    SampleStatisticsTap tap = new SampleStatisticsTap(data, Math.toIntExact(data.tokens()));
    GoldenRun.observe(name, data, (_, _) -> Taps.of(tap));
    return tap.statistics().orElseThrow();
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
}
