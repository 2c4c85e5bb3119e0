package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.kernels.ElementDecoder;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WeightReaderTest {
  private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");

  private static TensorView tensor(DType dtype, float... values) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[values.length * Float.BYTES]);
    for (int i = 0; i < values.length; i++) {
      bytes.setAtIndex(
          ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), i, values[i]);
    }
    return new TensorView(new TensorInfo("w", dtype, Shape.of(values.length)), bytes);
  }

  @Test
  void allMatricesOfAnExpertAreSummedTogether() {
    ExpertWeightSums sums = new ExpertWeightSums();
    sums.add("file", tensor(DType.F32, 1, -2, 3));
    sums.add("file", tensor(DType.F32, -4));

    assertThat(sums.get(WeightStatistic.ABS_SUM)).isEqualTo(10);
    assertThat(sums.get(WeightStatistic.SQUARE_SUM)).isEqualTo(30);
    assertThat(sums.get(WeightStatistic.MAX_ABS)).isEqualTo(4);
    assertThat(sums.get(WeightStatistic.COUNT)).isEqualTo(4);
  }

  @Test
  void noEntryIsLostAtTheBordersOfPieces() {
    for (int length : new int[] {1, 7, 8, 9, 65_535, 65_536, 65_537, 200_003}) {
      float[] ones = new float[length];
      Arrays.fill(ones, -1);
      ExpertWeightSums sums = new ExpertWeightSums();
      sums.add("file", tensor(DType.F32, ones));
      assertThat(sums.get(WeightStatistic.ABS_SUM)).isEqualTo(length);
      assertThat(sums.get(WeightStatistic.SQUARE_SUM)).isEqualTo(length);
    }
  }

  @Test
  void weightsThatAreNoNumbersNameFileAndTensor() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThatThrownBy(
              () -> new ExpertWeightSums().add("model.safetensors", tensor(DType.F32, 1, bad)))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith("model.safetensors: tensor 'w': it holds NaN or infinite values");
    }
  }

  @Test
  void elementsThatCannotBeDecodedAreRefused() {
    assertThatThrownBy(() -> new ExpertWeightSums().add("f", tensor(DType.I32, 1)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("elements of type I32 cannot be decoded");
  }

  @Test
  void aCheckpointsSumsAreThoseOfItsTensorsForAnyNumberOfThreads() {
    try (CheckpointStore store = CheckpointStore.open(GOLDEN.resolve("qwen3-moe-bf16"))) {
      Architecture architecture =
          FamilyCatalog.builtIn().resolve(ModelConfig.read(store.configFile()), store);
      WeightStatistics one = read(store, architecture, 1);
      WeightStatistics four = read(store, architecture, 4);

      LayerWeightStatistics layer = one.layers().getLast();
      assertThat(layer.layer()).isEqualTo(architecture.moe().layers().getLast());
      assertThat(layer.experts()).isEqualTo(architecture.moe().experts());
      int expert = layer.experts() - 1;
      String prefix = "model.layers.%d.mlp.experts.%d.".formatted(layer.layer(), expert);
      double abs = 0;
      double count = 0;
      for (String part : new String[] {"gate_proj", "up_proj", "down_proj"}) {
        for (float w : ElementDecoder.toArray(store.view(prefix + part + ".weight"))) {
          abs += Math.abs(w);
          count++;
        }
      }
      assertThat(layer.get(WeightStatistic.ABS_SUM, expert)).isCloseTo(abs, within(1e-9 * abs));
      assertThat(layer.get(WeightStatistic.COUNT, expert)).isEqualTo(count);
      float[] router =
          ElementDecoder.toArray(
              store.view("model.layers.%d.mlp.gate.weight".formatted(layer.layer())));
      double squares = 0;
      for (int i = 0; i < architecture.hidden(); i++) {
        squares += (double) router[i] * router[i];
      }
      assertThat(layer.routerNorm(0)).isCloseTo(Math.sqrt(squares), within(1e-12));
      for (WeightStatistic statistic : WeightStatistic.values()) {
        assertThat(four.layers().getLast().values(statistic)).isEqualTo(layer.values(statistic));
      }
    }
  }

  private static WeightStatistics read(
      CheckpointStore store, Architecture architecture, int threads) {
    try (WorkPool pool = new WorkPool(threads)) {
      return new WeightReader(architecture, store, pool).read(RunProgress.NONE);
    }
  }
}
