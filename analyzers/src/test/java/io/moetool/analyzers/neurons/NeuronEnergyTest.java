package io.moetool.analyzers.neurons;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.GoldenRun;
import io.moetool.formats.json.Json;
import io.moetool.runtime.run.SampleTap;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.runtime.run.SampledTokens;
import io.moetool.runtime.run.Taps;
import io.moetool.runtime.text.SequenceData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Energies of neurons against numbers of PyTorch ({@code interop/make_neuron_expected.py}). */
class NeuronEnergyTest {
  private static final Path NEURONS = Path.of("src/test/resources/neurons");

  static Stream<String> names() throws IOException {
    return GoldenRun.names(NEURONS);
  }

  @ParameterizedTest
  @MethodSource("names")
  void energiesEqualTheReference(String name) {
    JsonNode golden = Json.readObject(NEURONS.resolve(name + ".json"));
    Map<Integer, NeuronScores[]> sums = run(name, golden, 0);
    Map<Integer, NeuronScores[]> maxima = run(name, golden, 1);
    Map<Integer, NeuronScores[]> mixed = run(name, golden, 0.25);
    assertThat(sums).hasSize(golden.get("layers").size());
    for (JsonNode layer : golden.get("layers")) {
      int index = layer.get("layer").intValue();
      for (int expert = 0; expert < layer.get("sum").size(); expert++) {
        double[] sum = GoldenRun.numbers(layer.get("sum").get(expert));
        double[] maximum = GoldenRun.numbers(layer.get("maximum").get(expert));
        double[] mix = new double[sum.length];
        for (int neuron = 0; neuron < mix.length; neuron++) {
          mix[neuron] = 0.75 * sum[neuron] + 0.25 * maximum[neuron];
        }
        assertClose(sums, index, expert, sum);
        assertClose(maxima, index, expert, maximum);
        assertClose(mixed, index, expert, mix);
      }
    }
  }

  private static void assertClose(
      Map<Integer, NeuronScores[]> scores, int layer, int expert, double[] expected) {
    double[] energies = scores.getOrDefault(layer, new NeuronScores[0])[expert].energies();
    assertThat(energies).hasSameSizeAs(expected);
    for (int neuron = 0; neuron < expected.length; neuron++) {
      assertThat(energies[neuron])
          .as("layer %d, expert %d, neuron %d", layer, expert, neuron)
          .isCloseTo(expected[neuron], within(1e-4 * expected[neuron] + 1e-15));
    }
  }

  @Test
  void neuronsAreRankedByEnergyThenLengthThenNumber() {
    NeuronScores scores =
        new NeuronScores(new double[] {0, 5, 0, 9, 0}, new double[] {1, 1, 2, 1, 2});

    assertThat(scores.ranking()).containsExactly(3, 1, 2, 4, 0);
  }

  private static Map<Integer, NeuronScores[]> run(String name, JsonNode golden, double share) {
    SequenceData data = GoldenRun.sequences(golden.get("sequences"));
    Map<Integer, NeuronScores[]> scores = new TreeMap<>();
    GoldenRun.observe(
        name,
        data,
        (store, architecture) -> {
          NeuronEnergy energy = new NeuronEnergy(store, architecture, data, share);
          return Taps.of(
              new SampleTap() {
                @Override
                public SampledTokens sample() {
                  return energy.sample();
                }

                @Override
                public void observe(SampledExperts experts) {
                  scores.put(experts.layer(), energy.scores(experts));
                }
              });
        });
    return scores;
  }
}
