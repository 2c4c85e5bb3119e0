package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The implementation in use gives the bits of plain Java. */
class TwinBitsTest {
  private final Kernels scalar = new ScalarKernels();
  private final Kernels best = Kernels.best();

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 50));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void reductionsHaveTheSameBits(long seed) {
    IntStream.concat(Rows.sizes(), IntStream.of((int) (seed * 37)))
        .forEach(size -> {
          MemorySegment a = Rows.of(Rows.random(seed, size));
          MemorySegment b = Rows.of(Rows.random(-seed, size));
          MemorySegment logits = Rows.of(Rows.uniform(seed, size, 800));
          assertSameBits(scalar.dot(a, b), best.dot(a, b));
          assertSameBits(scalar.max(a), best.max(a));
          assertSameBits(scalar.maxAbs(a), best.maxAbs(a));
          assertSameBits(scalar.sumExp(logits, 800), best.sumExp(logits, 800));
          assertSameBits(
              scalar.sumExpTimesDifference(logits, a, 800),
              best.sumExpTimesDifference(logits, a, 800));
        });
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void sumsInPlaceHaveTheSameBits(long seed) {
    int size = (int) (seed * 7);
    float[] start = Rows.random(seed, size);
    MemorySegment x = Rows.of(Rows.random(-seed, size));
    MemorySegment scalarRow = Rows.of(start);
    MemorySegment bestRow = Rows.of(start);
    scalar.addScaled(scalarRow, x, 0.3f);
    best.addScaled(bestRow, x, 0.3f);
    assertThat(Rows.toArray(bestRow)).isEqualTo(Rows.toArray(scalarRow));
    double[] scalarSums = new double[size];
    double[] bestSums = new double[size];
    for (int pass = 1; pass < 4; pass++) {
      scalar.addScaled(scalarSums, 0, x, 0.7 / pass);
      best.addScaled(bestSums, 0, x, 0.7 / pass);
      scalar.addScaledSquares(scalarSums, x, 0.7 / pass);
      best.addScaledSquares(bestSums, x, 0.7 / pass);
    }
    assertThat(bestSums).isEqualTo(scalarSums);
  }

  @Test
  void extremeValuesHaveTheSameBits() {
    MemorySegment row =
        Rows.of(
            Float.MIN_VALUE,
            -Float.MIN_VALUE,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            0f,
            -0f,
            Float.MIN_NORMAL,
            1f,
            Float.MIN_VALUE,
            -1f,
            0f,
            -0f,
            1e-30f,
            1e30f,
            2f,
            3f,
            4f);
    assertSameBits(scalar.dot(row, row), best.dot(row, row));
    assertSameBits(scalar.max(row), best.max(row));
    assertSameBits(scalar.sumExp(row, Float.MAX_VALUE), best.sumExp(row, Float.MAX_VALUE));
    MemorySegment withNaN = Rows.of(new float[20]);
    withNaN.setAtIndex(Layouts.FLOAT, 3, Float.NaN);
    assertThat(best.dot(withNaN, withNaN)).isNaN();
    assertThat(best.sumExp(withNaN, 0)).isNaN();
    assertThat(scalar.sumExp(withNaN, 0)).isNaN();
  }

  @Test
  @EnabledIf("io.moetool.kernels.BestKernels#vectorModulePresent")
  void vectorsAreUsedWhereTheModuleIsPresent() {
    assertThat(best.name()).startsWith("vector");
  }

  private static void assertSameBits(double expected, double actual) {
    assertThat(Double.doubleToLongBits(actual)).isEqualTo(Double.doubleToLongBits(expected));
  }
}
