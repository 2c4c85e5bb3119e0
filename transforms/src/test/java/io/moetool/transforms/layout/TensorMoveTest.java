package io.moetool.transforms.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorMoveTest {
  private static final List<Integer> EXPERTS = List.of(1, 4);

  @Test
  void theAxisOfExpertsShrinks() {
    assertThat(shapeAfter(6, 5)).isEqualTo(Shape.of(2, 5));
    assertThat(shapeAfter(6)).isEqualTo(Shape.of(2));
    assertThat(shapeAfter(1, 6)).isEqualTo(Shape.of(1, 2));
  }

  @Test
  void keepingEveryExpertIsACopy() {
    TensorInfo router = new TensorInfo("router", DType.BF16, Shape.of(2, 5));
    TensorMove move = TensorMove.parts(router, List.of(0, 1));
    assertThat(move.isWhole()).isTrue();
    assertThat(move.target()).isEqualTo(router);
  }

  private static Shape shapeAfter(long... dims) {
    return TensorMove.parts(new TensorInfo("router", DType.BF16, Shape.of(dims)), EXPERTS)
        .target()
        .shape();
  }
}
