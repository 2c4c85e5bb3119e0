package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TopKTest {
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 100));
  }

  @Test
  void equalValuesKeepTheirOrder() {
    int[] indices = new int[3];
    TopK.select(new float[] {1, 2, 2, 0, 2}, 3, indices);
    assertThat(indices).containsExactly(1, 2, 4);
    TopK.select(new float[] {-0f, 0f, 0f}, 2, indices);
    assertThat(indices).startsWith(0, 1);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void agreesWithAStableSort(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[1 + random.nextInt(40)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(7) - 3;
    }
    int k = random.nextInt(values.length + 1);
    int[] indices = new int[k];
    TopK.select(values, k, indices);
    assertThat(indices)
        .isEqualTo(
            IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -values[i]))
                .limit(k)
                .mapToInt(Integer::intValue)
                .toArray());
  }

  @Test
  void moreThanThereAreIsRefused() {
    assertThatThrownBy(() -> TopK.select(new float[2], 3, new int[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("top 3 of 2 values");
  }
}
