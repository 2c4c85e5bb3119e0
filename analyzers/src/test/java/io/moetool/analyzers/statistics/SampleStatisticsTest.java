package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleStatisticsTest {
  private static final Path CHECKPOINT = Path.of("../runtime/src/test/resources/golden/qwen3-moe");
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  @TempDir Path folder;

  @Test
  void theSameBytesWhateverTheThreads() throws IOException {
    assertThat(written("one", run(data(1), 40, 1)))
        .isEqualTo(written("three", run(data(1), 40, 3)));
  }

  @Test
  void whatIsWrittenIsReadAgain() {
    Statistics measured = run(data(1), 40, 2);
    StatisticsFile.write(folder.resolve("a"), measured);
    SampledStatistics read = StatisticsFile.read(folder.resolve("a")).sampled().orElseThrow();
    SampledStatistics expected = measured.sampled().orElseThrow();
    assertThat(read.layers().getFirst().extent())
        .isEqualTo(expected.layers().getFirst().extent())
        .isEqualTo(extent(40));
    for (int i = 0; i < read.layers().size(); i++) {
      for (SampleStatistic statistic : SampleStatistic.values()) {
        assertThat(read.layers().get(i).matrix(statistic).values())
            .as(statistic.key())
            .containsExactly(expected.layers().get(i).matrix(statistic).values());
      }
    }
  }

  private static SampleExtent extent(int tokens) {
    return new SampleExtent(tokens, tokens, tokens, tokens, 1);
  }

  @Test
  void samplesOfDisjointDataAddUpExceptWhatIsNoSum() {
    Statistics first = run(data(1), 40, 2);
    Statistics sum = first.plus(run(data(2), 30, 2));
    StatisticsFile.write(folder.resolve("sum"), sum);
    SampledStatistics read = StatisticsFile.read(folder.resolve("sum")).sampled().orElseThrow();
    LayerSample layer = read.layers().getFirst();
    assertThat(layer.extent()).isEqualTo(new SampleExtent(70, 70, 0, 0, 2));
    assertThat(layer.lossCurve()).isEmpty();
    assertThat(layer.cka()).isEmpty();
    assertThat(layer.matrix(SampleStatistic.CA).get(0, 0))
        .isEqualTo(
            value(first, SampleStatistic.CA) + value(run(data(2), 30, 2), SampleStatistic.CA));
  }

  private static double value(Statistics statistics, SampleStatistic statistic) {
    return statistics.sampled().orElseThrow().layers().getFirst().matrix(statistic).get(0, 0);
  }

  @Test
  void oneSampleIsKeptWholeWhereTheOtherHasNone() {
    Statistics sum = run(data(1), 40, 2).plus(run(data(2), 0, 2));
    assertThat(sum.sampled().orElseThrow().layers().getFirst().lossCurve()).isPresent();
  }

  /**
   * Experts that none of the sample's tokens misses cost nothing; the best set no more than any.
   */
  @Test
  void lossesGrowAndTheBestSetsAreNoWorseThanTheGreedyOnes() {
    for (LayerSample layer : run(data(1), 64, 2).sampled().orElseThrow().layers()) {
      var greedy = layer.elimination().orElseThrow();
      var best = layer.subsets().orElseThrow();
      assertThat(greedy.mostRemoved()).isEqualTo(best.mostRemoved());
      for (int removed = 1; removed <= greedy.mostRemoved(); removed++) {
        assertThat(best.squaredError(removed))
            .isLessThanOrEqualTo(greedy.squaredError(removed) * (1 + 1e-6));
      }
      assertThat(best.squaredError(1)).isEqualTo(greedy.squaredError(1));
      assertThat(greedy.relativeError(greedy.mostRemoved())).isGreaterThan(0.01);
      for (int expert = 0; expert < layer.experts(); expert++) {
        assertThat(layer.matrix(SampleStatistic.COSD).get(expert, expert)).isZero();
        assertThat(layer.cka().orElseThrow().get(expert, expert)).isCloseTo(1, within(1e-12));
      }
    }
  }

  @Test
  void ordersThatNoEliminationHasAreRefused() throws IOException {
    Path file = folder.resolve("edited");
    StatisticsFile.write(file, run(data(1), 40, 2));
    byte[] bytes = Files.readAllBytes(file);
    String header = new String(bytes, StandardCharsets.ISO_8859_1);
    int name = header.indexOf("\"layers.0.sample.step\"");
    int from = header.indexOf("\"data_offsets\":[", name) + "\"data_offsets\":[".length();
    int offset = Integer.parseInt(header.substring(from, header.indexOf(',', from)));
    int start = 8 + ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
    Arrays.fill(bytes, start + offset, start + offset + 8, (byte) 0x11);
    Files.write(file, bytes);
    assertThatThrownBy(() -> StatisticsFile.read(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("experts taken away make no sense");
  }

  private byte[] written(String name, Statistics statistics) throws IOException {
    StatisticsFile.write(folder.resolve(name), statistics);
    return Files.readAllBytes(folder.resolve(name));
  }

  private static Statistics run(SequenceData data, int tokens, int threads) {
    try (CheckpointStore store = CheckpointStore.open(CHECKPOINT);
        WorkPool pool = new WorkPool(threads)) {
      Architecture architecture =
          FamilyCatalog.builtIn().resolve(ModelConfig.read(store.configFile()), store);
      StatisticsTap tap = new StatisticsTap(MeasuredModel.of(architecture, "sha256:g"), data);
      CheckpointModel model =
          new CheckpointModel(store, architecture, ENGINE, pool, ExpertMask.NONE);
      if (tokens == 0) {
        model.observe(data, Taps.of(tap), RunProgress.NONE);
        return tap.statistics();
      }
      SampleStatisticsTap sample = new SampleStatisticsTap(data, tokens);
      model.observe(data, Taps.of(tap).with(sample), RunProgress.NONE);
      return tap.statistics().withSample(sample.statistics());
    }
  }

  private static SequenceData data(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int length : new int[] {40, 2, 30, 21}) {
      sequences.add(new TokenSequence("all", random.ints(length, 0, 70).toArray()));
    }
    return new SequenceData(sequences);
  }
}
