package io.moetool.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void aScalarHasOneElement() {
    assertThat(Shape.of().elements()).isEqualTo(1);
    assertThat(Shape.of().rank()).isZero();
    assertThat(Shape.of()).hasToString("[]");
  }

  @Test
  void anEmptyAxisLeavesNoElements() {
    assertThat(Shape.of(4, 0, 7).elements()).isZero();
  }

  @Test
  void elementsAreCountedBeyondAnInt() {
    assertThat(Shape.of(100_000, 100_000).elements()).isEqualTo(10_000_000_000L);
  }

  @Test
  void aProductBeyondALongIsRefused() {
    assertThatThrownBy(() -> Shape.of(1L << 32, 1L << 31).elements())
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void aNegativeExtentIsRefused() {
    assertThatThrownBy(() -> Shape.of(2, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("negative extent in [2, -1]");
  }

  @Test
  void changingOneExtentLeavesTheOthersAndTheOriginal() {
    Shape shape = Shape.of(32, 64, 192);
    assertThat(shape.withDim(0, 16)).isEqualTo(Shape.of(16, 64, 192)).hasToString("[16,64,192]");
    assertThat(shape.toArray()).containsExactly(32, 64, 192);
    assertThat(shape.dim(2)).isEqualTo(192);
  }

  @Test
  void laterChangesOfTheListDoNotReachTheShape() {
    List<Long> dims = new ArrayList<>(List.of(2L, 3L));
    Shape shape = new Shape(dims);
    dims.set(0, 9L);
    assertThat(shape).isEqualTo(Shape.of(2, 3));
  }
}
