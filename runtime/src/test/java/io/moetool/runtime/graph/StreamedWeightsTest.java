package io.moetool.runtime.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.Shape;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.runtime.graph.WeightBinding.Rows;
import org.junit.jupiter.api.Test;

class StreamedWeightsTest {
  private static final long MIB = 1L << 20;

  @Test
  void aWeightOfUpTo64MebibytesIsOnePart() {
    assertThat(rows(Shape.of(16 * MIB / 1024, 1024))).containsExactly(new Rows(0, 16 * 1024));
  }

  @Test
  void rowsOfALargerOneAreSharedOutEvenlyWhateverItsType() {
    // a little over 3 GiB as float32, so 49 parts
    Rows[] parts = rows(Shape.of(160_000, 5034));

    assertThat(parts)
        .hasSize(49)
        .startsWith(new Rows(0, 3265))
        .endsWith(new Rows(156_734, 160_000));
    for (int i = 1; i < parts.length; i++) {
      assertThat(parts[i].from()).isEqualTo(parts[i - 1].to());
    }
  }

  @Test
  void aRowIsNeverCut() {
    assertThat(rows(Shape.of(2, 20 * MIB))).containsExactly(new Rows(0, 1), new Rows(1, 2));
  }

  private static Rows[] rows(Shape shape) {
    StoredTypes types =
        new StoredTypes() {
          @Override
          public OnnxType type(TensorRole role, boolean bias) {
            return OnnxType.BFLOAT16;
          }

          @Override
          public Shape shape(TensorRole role, boolean bias) {
            return shape;
          }
        };
    StreamedWeights weights = new StreamedWeights(new OnnxGraph("test"), types);
    weights.parts(TensorRole.HEAD);
    return weights.bindings().stream().map(WeightBinding::rows).toArray(Rows[]::new);
  }
}
