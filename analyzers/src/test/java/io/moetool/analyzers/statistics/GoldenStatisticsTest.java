package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.GoldenRun;
import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyScores;
import io.moetool.formats.json.Json;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.text.SequenceData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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
  private static final Path ENCODER = Path.of("src/test/resources/encoder");
  private static final Path ENCODER_CHECKPOINT =
      Path.of("../runtime/src/test/resources/encoder/switch-transformers");

  /** Methods that the golden files call by another name. */
  private static final Map<String, String> OTHER_NAMES =
      Map.of("soft", "soft_count", "max_activation", "max_activations");

  static Stream<String> names() throws IOException {
    return GoldenRun.names(STATISTICS);
  }

  @ParameterizedTest
  @MethodSource("names")
  void sumsAndScoresEqualTheReference(String name) {
    JsonNode golden = Json.readObject(STATISTICS.resolve(name + ".json"));
    SequenceData data = GoldenRun.sequences(golden.get("sequences"));

    assertEqual(golden.get("layers"), run(name, data));
    assertEqual(
        golden.get("firstSequence").get("layers"),
        run(name, new SequenceData(List.of(data.sequences().getFirst()))));
  }

  /**
   * Layers of an encoder see sources, those of the decoder texts. Tokens that no expert took are no
   * routed pairs, but the router saw them.
   */
  @Test
  void layersOfEncoderAndDecoderCountTheirOwnTokens() {
    JsonNode golden = Json.readObject(ENCODER.resolve("switch-transformers.json"));
    SequenceData data =
        GoldenRun.sequencesWithSources(golden.get("sequences"), 0).withoutLastTokens();

    Statistics statistics = run(ENCODER_CHECKPOINT, data);

    assertEqual(golden.get("layers"), statistics);
    for (JsonNode expected : golden.get("layers")) {
      LayerStatistics layer =
          statistics.requireRouted().layers().stream()
              .filter(found -> found.layer() == expected.get("layer").intValue())
              .findFirst()
              .orElseThrow();
      double tokens = expected.get("tokens").doubleValue();
      double dropped = expected.get("dropped").doubleValue();
      assertThat(dropped).isPositive();
      assertThat((double) layer.tokens()).isEqualTo(tokens);
      assertThat(layer.overall().total(ExpertStatistic.N)).isEqualTo(tokens - dropped);
      assertThat(layer.overall().total(ExpertStatistic.SOFT)).isCloseTo(tokens, within(1e-4));
    }
  }

  private static Statistics run(String name, SequenceData data) {
    return run(CHECKPOINTS.resolve(name), data);
  }

  private static Statistics run(Path checkpoint, SequenceData data) {
    AtomicReference<StatisticsTap> tap = new AtomicReference<>();
    GoldenRun.observe(
        checkpoint,
        data,
        (_, architecture) -> {
          tap.set(new StatisticsTap(MeasuredModel.of(architecture, "sha256:g"), data));
          return Taps.of(tap.get());
        });
    return tap.get().statistics();
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
          .forEachEntry(
              (sum, expected) -> assertClose(sum, values(layer, sum), GoldenRun.numbers(expected)));
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
                  GoldenRun.numbers(expected)));
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
}
