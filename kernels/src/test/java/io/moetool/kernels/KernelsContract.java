package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What both implementations of {@link Kernels} promise. */
abstract class KernelsContract {
  private static final ValueLayout.OfShort SHORT_LE =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Kernels kernels;

  KernelsContract(Kernels kernels) {
    this.kernels = kernels;
  }

  @Test
  void dotOfThreeFourWithItselfIsTwentyFive() {
    MemorySegment row = Rows.of(3, 4);
    assertThat(kernels.dot(row, row)).isEqualTo(25);
  }

  @ParameterizedTest(name = "{0} elements")
  @MethodSource("io.moetool.kernels.Rows#sizes")
  void dotIsWithinAFewRoundingsOfTheExactSum(int size) {
    float[] a = Rows.random(1, size);
    float[] b = Rows.random(2, size);
    BigDecimal exact = BigDecimal.ZERO;
    double magnitudes = 0;
    for (int i = 0; i < size; i++) {
      exact = exact.add(new BigDecimal(a[i]).multiply(new BigDecimal(b[i])));
      magnitudes += Math.abs((double) a[i] * b[i]);
    }
    assertThat(kernels.dot(Rows.of(a), Rows.of(b)))
        .isCloseTo(exact.doubleValue(), within(magnitudes * size * 1.2e-16));
  }

  @Test
  void dotAddsInSixteenAccumulators() {
    // 1e16 + 1 is 1e16 in float64; the order decides what is left of the ones.
    float[] values = new float[33];
    values[0] = 1e8f;
    values[16] = 1;
    values[1] = 1;
    values[32] = 1;
    float[] factors = values.clone();
    // Accumulator 0: 1e16 + 1 + 1 one after the other, both lost; accumulator 1 holds 1.
    double lostInAccumulator0 = ((double) 1e8f * 1e8f + 1.0) + 1.0;
    assertThat(lostInAccumulator0).isEqualTo((double) 1e8f * 1e8f);
    assertThat(kernels.dot(Rows.of(values), Rows.of(factors))).isEqualTo(lostInAccumulator0 + 1.0);
    // The same ones in two accumulators add up to 2 first, which is not lost: lanes 1 and 9.
    float[] spread = new float[33];
    spread[0] = 1e8f;
    spread[1] = 1;
    spread[9] = 1;
    assertThat(kernels.dot(Rows.of(spread), Rows.of(spread))).isEqualTo(1e16 + 2);
  }

  @Test
  void sumsHaveTheBitsWrittenHere() {
    float[] a = Rows.random(3, 1023);
    float[] b = Rows.random(4, 1023);
    float[] logits = Rows.uniform(5, 1023, 20);
    float[] others = Rows.uniform(6, 1023, 20);
    assertThat(kernels.dot(Rows.of(a), Rows.of(b))).isEqualTo(-0x1.34a48cf77038bp19);
    assertThat(kernels.sumExp(Rows.of(logits), 20)).isEqualTo(0x1.c183a57c8e45fp4);
    assertThat(kernels.sumExpTimesDifference(Rows.of(logits), Rows.of(others), 20))
        .isEqualTo(0x1.026fb0622341cp9);
  }

  @ParameterizedTest(name = "{0} elements")
  @MethodSource("io.moetool.kernels.Rows#sizes")
  void alignmentDoesNotMatter(int size) {
    float[] a = Rows.random(7, size);
    float[] b = Rows.random(8, size);
    assertThat(kernels.dot(Rows.unaligned(a), Rows.unaligned(b)))
        .isEqualTo(kernels.dot(Rows.of(a), Rows.of(b)));
    assertThat(kernels.maxAbs(Rows.unaligned(a))).isEqualTo(kernels.maxAbs(Rows.of(a)));
  }

  @ParameterizedTest(name = "{0} elements")
  @MethodSource("io.moetool.kernels.Rows#sizes")
  void maximaAreFoundAtEveryPosition(int size) {
    for (int position = 0; position < size; position++) {
      float[] values = Rows.uniform(9, size, 1);
      values[position] = 3;
      assertThat(kernels.max(Rows.of(values))).isEqualTo(3);
      values[position] = -3;
      assertThat(kernels.maxAbs(Rows.of(values))).isEqualTo(3);
      values[position] = Float.NaN;
      assertThat(kernels.max(Rows.of(values))).isNaN();
      assertThat(kernels.maxAbs(Rows.of(values))).isNaN();
    }
  }

  @Test
  void maximaOfNothingAreTheirNeutralElements() {
    assertThat(kernels.max(Rows.of())).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(kernels.maxAbs(Rows.of())).isZero();
  }

  @ParameterizedTest(name = "{0} elements")
  @MethodSource("io.moetool.kernels.Rows#sizes")
  void exponentialsAddUpAsTheMathLibrarySays(int size) {
    float[] x = Rows.uniform(10, size, 30);
    float[] y = Rows.uniform(11, size, 30);
    double sum = 0;
    double differences = 0;
    double magnitudes = 0;
    for (int i = 0; i < size; i++) {
      sum += StrictMath.exp(x[i] - 30.0);
      differences += StrictMath.exp(x[i] - 30.0) * ((double) x[i] - y[i]);
      magnitudes += StrictMath.exp(x[i] - 30.0) * Math.abs((double) x[i] - y[i]);
    }
    assertThat(kernels.sumExp(Rows.of(x), 30)).isCloseTo(sum, within(sum * 1e-14));
    assertThat(kernels.sumExpTimesDifference(Rows.of(x), Rows.of(y), 30))
        .isCloseTo(differences, within(magnitudes * 1e-14));
  }

  @Test
  void impossibleTokensAddNothing() {
    float[] x = new float[40];
    float[] y = new float[40];
    for (int i = 1; i < 40; i++) {
      x[i] = Float.NEGATIVE_INFINITY;
      y[i] = i % 2 == 0 ? Float.NEGATIVE_INFINITY : 1;
    }
    y[0] = -2;
    assertThat(kernels.sumExp(Rows.of(x), 0)).isEqualTo(1);
    assertThat(kernels.sumExpTimesDifference(Rows.of(x), Rows.of(y), 0)).isEqualTo(2);
  }

  @ParameterizedTest(name = "{0} elements")
  @MethodSource("io.moetool.kernels.Rows#sizes")
  void scaledRowsRoundTheProductBeforeTheSum(int size) {
    float[] sums = Rows.random(12, size);
    float[] x = Rows.random(13, size);
    float factor = 0.1f;
    MemorySegment row = Rows.of(sums);
    kernels.addScaled(row, Rows.of(x), factor);
    for (int i = 0; i < size; i++) {
      float product = factor * x[i];
      sums[i] = sums[i] + product;
    }
    assertThat(Rows.toArray(row)).isEqualTo(sums);
  }

  @ParameterizedTest(name = "{0} elements")
  @MethodSource("io.moetool.kernels.Rows#sizes")
  void columnsAreAddedInFloat64(int size) {
    float[] x = Rows.random(14, size);
    double[] sums = new double[size + 5];
    double[] squares = new double[size];
    double[] expectedSums = new double[size + 5];
    double[] expectedSquares = new double[size];
    for (int pass = 1; pass <= 3; pass++) {
      double factor = 1.0 / pass;
      kernels.addScaled(sums, 5, Rows.of(x), factor);
      kernels.addScaledSquares(squares, Rows.of(x), factor);
      for (int i = 0; i < size; i++) {
        expectedSums[5 + i] += factor * x[i];
        expectedSquares[i] += factor * ((double) x[i] * x[i]);
      }
    }
    assertThat(sums).isEqualTo(expectedSums);
    assertThat(squares).isEqualTo(expectedSquares);
  }

  @Test
  void everyBf16PatternIsTheUpperHalfOfAFloat() {
    MemorySegment out = Arena.ofAuto().allocate(4L * 65536);
    kernels.decodeBf16(allPatterns(), out);
    for (int bits = 0; bits < 65536; bits++) {
      assertThat(out.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * bits)).isEqualTo(bits << 16);
    }
  }

  @Test
  void everyF16PatternIsWhatIeee754Says() {
    MemorySegment out = Arena.ofAuto().allocate(4L * 65536);
    kernels.decodeF16(allPatterns(), out);
    for (int bits = 0; bits < 65536; bits++) {
      int exponent = (bits >> 10) & 31;
      int fraction = bits & 1023;
      double sign = bits < 32768 ? 1 : -1;
      double expected =
          exponent == 31
              ? sign * Double.POSITIVE_INFINITY
              : exponent == 0
                  ? sign * fraction * Math.pow(2, -24)
                  : sign * (1 + fraction / 1024.0) * Math.pow(2, exponent - 15);
      boolean isNaN = exponent == 31 && fraction != 0;
      int nanBits = (bits < 32768 ? 0x7f800000 : 0xff800000) | (fraction << 13);
      assertThat(out.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * bits))
          .isEqualTo(isNaN ? nanBits : Float.floatToRawIntBits((float) expected));
    }
  }

  private static MemorySegment allPatterns() {
    MemorySegment stored = Arena.ofAuto().allocate(2L * 65536);
    for (int bits = 0; bits < 65536; bits++) {
      stored.set(SHORT_LE, 2L * bits, (short) bits);
    }
    return stored;
  }

  @ParameterizedTest(name = "{0} elements")
  @MethodSource("io.moetool.kernels.Rows#sizes")
  void decodingFillsExactlyTheGivenElements(int size) {
    MemorySegment stored = Arena.ofAuto().allocate(2L * size + 1).asSlice(1);
    stored.fill((byte) 0x3c);
    MemorySegment out = Arena.ofAuto().allocate(4L * size + 1).asSlice(1);
    kernels.decodeF16(stored, out);
    // 0x3c3c: exponent 15, fraction 60.
    assertThat(Rows.toArray(out)).containsOnly(filled(size, 1 + 60 / 1024f));
    kernels.decodeBf16(stored, out);
    assertThat(Rows.toArray(out)).containsOnly(filled(size, Float.intBitsToFloat(0x3c3c0000)));
  }

  private static float[] filled(int size, float value) {
    float[] values = new float[size];
    Arrays.fill(values, value);
    return values;
  }

  @Test
  void rowsOfDifferentLengthAreRefused() {
    assertThatThrownBy(() -> kernels.dot(Rows.of(1, 2), Rows.of(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rows of 8 and 4 bytes differ in length");
    assertThatThrownBy(() -> kernels.addScaled(Rows.of(1), Rows.of(1, 2), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rows of 4 and 8 bytes differ in length");
    assertThatThrownBy(() -> kernels.decodeBf16(Rows.of(1), Rows.of(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("4 bytes of 16 bit elements do not fill 4 bytes of float32");
    assertThatThrownBy(() -> kernels.max(Rows.of(1).asSlice(0, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("3 bytes are not a whole number of float32");
  }
}
