package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import io.moetool.formats.quantisation.Encoding;
import io.moetool.formats.quantisation.StoredWeight;
import io.moetool.formats.quantisation.WeightView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeightDecoderTest {
  /** 1, 2, -1, 0.5 in E4M3. */
  private static final byte[] ELEMENTS = {0x38, 0x40, (byte) 0xb8, 0x30};

  @Test
  void elementsTimesTheScaleOfTheirRow() {
    WeightView view = weight(Shape.of(2, 2), new Encoding.Blocks(1, 2), Shape.of(2), 3, 10);
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix values = WeightDecoder.decode(arena, view);
      assertThat(values.rowToArray(0)).containsExactly(3, 6);
      assertThat(values.rowToArray(1)).containsExactly(-10, 5);
    }
  }

  @Test
  void fourBitFloatsTimesTheirBlocksPowerOfTwo() {
    byte[] blocks = new byte[16];
    blocks[0] = (byte) 0xa7; // the lower half comes first: 6, then -1
    TensorInfo elements = new TensorInfo("w_blocks", DType.U8, Shape.of(1, 1, 16));
    TensorInfo scales = new TensorInfo("w_scales", DType.U8, Shape.of(1, 1));
    StoredWeight weight =
        new StoredWeight(
            "w", Shape.of(1, 32), new Encoding.SharedExponents(), List.of(elements, scales));
    WeightView view =
        new WeightView(
            weight,
            List.of(
                new TensorView(elements, MemorySegment.ofArray(blocks)),
                new TensorView(scales, MemorySegment.ofArray(new byte[] {(byte) 129}))));
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix values = WeightDecoder.decode(arena, view);
      assertThat(values.get(0, 0)).isEqualTo(24);
      assertThat(values.get(0, 1)).isEqualTo(-4);
      assertThat(values.get(0, 2)).isZero();
    }
  }

  @Test
  void oneScaleForAll() {
    WeightView view = weight(Shape.of(2, 2), new Encoding.Blocks(2, 2), Shape.of(), 4);
    try (Arena arena = Arena.ofConfined()) {
      TensorView values = WeightDecoder.values(arena, view);
      assertThat(values.info()).isEqualTo(new TensorInfo("w.weight", DType.F32, Shape.of(2, 2)));
      assertThat(FloatMatrix.over(values.bytes(), 1, 4).rowToArray(0)).containsExactly(4, 8, -4, 2);
    }
  }

  @Test
  void aSliceOfAStackHasItsOwnScales() {
    WeightView stack =
        weight(Shape.of(2, 1, 2), new Encoding.Blocks(1, 1), Shape.of(2, 1, 2), 1, 2, 3, 4);
    try (Arena arena = Arena.ofConfined()) {
      assertThat(WeightDecoder.decode(arena, stack.slice(0)).rowToArray(0)).containsExactly(1, 4);
      assertThat(WeightDecoder.decode(arena, stack.slice(1)).rowToArray(0)).containsExactly(-3, 2);
    }
  }

  @Test
  void whatIsPlainIsNotCopied() {
    TensorView stored =
        new TensorView(
            new TensorInfo("n", DType.BF16, Shape.of(2)), MemorySegment.ofArray(ELEMENTS));
    WeightView view = new WeightView(StoredWeight.plain(stored.info()), List.of(stored));
    try (Arena arena = Arena.ofConfined()) {
      assertThat(WeightDecoder.values(arena, view)).isSameAs(stored);
    }
  }

  @Test
  void packedElementsAreRefusedByName() {
    WeightView view = weight(Shape.of(2, 2), new Encoding.Packed("4 bit integers"), Shape.of(), 1);
    try (Arena arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> WeightDecoder.decode(arena, view))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(
              "tensor w.weight: 4 bit integers are moved when experts are removed, but not computed with");
    }
  }

  private static WeightView weight(
      Shape shape, Encoding encoding, Shape scaleShape, float... scales) {
    TensorView elements =
        new TensorView(
            new TensorInfo("w.weight", DType.F8_E4M3, shape), MemorySegment.ofArray(ELEMENTS));
    TensorView factors =
        new TensorView(
            new TensorInfo("w.weight_scale_inv", DType.F32, scaleShape), Rows.of(scales));
    StoredWeight weight =
        new StoredWeight("w.weight", shape, encoding, List.of(elements.info(), factors.info()));
    return new WeightView(weight, List.of(elements, factors));
  }
}
