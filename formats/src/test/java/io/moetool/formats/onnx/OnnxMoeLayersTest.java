package io.moetool.formats.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.Shape;
import io.moetool.formats.onnx.OnnxMoeLayer.Operator;
import io.moetool.formats.onnx.OnnxMoeLayer.Part;
import io.moetool.formats.onnx.OnnxMoeLayer.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Graphs as the exporters of others write them; our own are in the tests of conversion. */
class OnnxMoeLayersTest {
  private static final int EXPERTS = 4;
  private static final int HIDDEN = 6;
  private static final int WIDTH = 3;

  @TempDir private Path folder;

  private final OnnxGraph graph = new OnnxGraph("decoder");
  private long end;

  @Test
  void aRouterIsFoundBehindAProductABiasACastAndAReshape() throws IOException {
    String x = graph.input("x", OnnxType.FLOAT, "rows", HIDDEN);
    List<OnnxMoeLayer> layers = layers("/model/layers.7/moe", x, logits(x), "swiglu", 2 * WIDTH);
    assertThat(layers).hasSize(1);
    OnnxMoeLayer layer = layers.getFirst();
    assertThat(layer.layer()).isEqualTo(7);
    assertThat(layer.operator()).isEqualTo(Operator.MOE);
    assertThat(layer.experts()).isEqualTo(EXPERTS);
    assertThat(layer.expertsPerToken()).isEqualTo(2);
    assertThat(layer.activation()).isEqualTo("swiglu");
    assertThat(layer.renormalised()).isTrue();
    assertThat(layer.hidden()).isEqualTo(HIDDEN);
    assertThat(layer.width()).isEqualTo(WIDTH);
    assertThat(layer.router()).contains(new Router("router", Shape.of(HIDDEN, EXPERTS), 1));
    assertThat(layer.tensors())
        .extracting(OnnxMoeLayer.ExpertTensor::part)
        .containsExactly(Part.FIRST, Part.COMPANION, Part.DOWN);
    assertThat(layer.cuts())
        .extracting(cut -> cut.tensor() + " " + cut.axis())
        .containsExactlyInAnyOrder(
            "router 1", "router.bias 0", "constant_0 1", "fc1 0", "fc1.bias 0", "fc2 0");
    assertThat(layer.obstacle()).isEmpty();
  }

  @Test
  void whatElseUsesTheRouterKeepsItFromBeingCut() throws IOException {
    String x = graph.input("x", OnnxType.FLOAT, "rows", HIDDEN);
    String logits = logits(x);
    graph.output(logits, "router_logits", OnnxType.FLOAT, "rows", EXPERTS);
    assertThat(layers("/moe", x, logits, "swiglu", 2 * WIDTH).getFirst().obstacle())
        .hasValueSatisfying(why -> assertThat(why).contains("is also used by Identity"));
  }

  @Test
  void aRouterThatIsNoProductIsNotCut() throws IOException {
    String x = graph.input("x", OnnxType.FLOAT, "rows", HIDDEN);
    String logits = graph.input("logits", OnnxType.FLOAT, "rows", EXPERTS);
    OnnxMoeLayer layer = layers("/moe", x, logits, "silu", WIDTH).getFirst();
    assertThat(layer.router()).isEmpty();
    assertThat(layer.obstacle()).contains("router: it depends on the graph's input 'logits'");
  }

  @Test
  void contradictoryExtentsAreRefused() throws IOException {
    String x = graph.input("x", OnnxType.FLOAT, "rows", HIDDEN);
    assertThatThrownBy(() -> layers("/moe", x, logits(x), "swiglu", 2 * WIDTH + 1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("fc1 is [4,7,6]; with the other projections [4,3,6] is expected");
  }

  @Test
  void aStackThatIsMultipliedAsAWholeIsNamed() throws IOException {
    String x = graph.input("x", OnnxType.FLOAT, EXPERTS, "rows", HIDDEN);
    String stack = stored("stack", OnnxType.FLOAT, EXPERTS, HIDDEN, WIDTH);
    graph.output(
        graph.node("MatMul", x, stack).output(), "y", OnnxType.FLOAT, EXPERTS, "rows", WIDTH);
    write();
    try (OnnxFile file = OnnxFile.open(folder)) {
      assertThat(file.moeLayers()).isEmpty();
      assertThat(file.noExperts())
          .startsWith("no layer with experts is recognised in the graph: MatMul ")
          .endsWith("stack[4,6,3], and experts that are all computed at once are not known");
    }
  }

  private String logits(String x) {
    String product =
        graph.node("MatMul", x, stored("router", OnnxType.FLOAT16, HIDDEN, EXPERTS)).output();
    String biased =
        graph.node("Add", stored("router.bias", OnnxType.FLOAT, EXPERTS), product).output();
    String cast = graph.node("Cast", biased).with("to", OnnxType.FLOAT.number()).output();
    return graph.node("Reshape", cast, graph.constant(-1, EXPERTS)).output();
  }

  private List<OnnxMoeLayer> layers(
      String scope, String x, String logits, String activation, int rows) throws IOException {
    graph.scoped(
        scope.substring(1),
        () ->
            graph.output(
                graph
                    .contrib(
                        "MoE",
                        x,
                        logits,
                        stored("fc1", OnnxType.FLOAT, EXPERTS, rows, HIDDEN),
                        stored("fc1.bias", OnnxType.FLOAT, EXPERTS, rows),
                        stored("fc2", OnnxType.FLOAT, EXPERTS, HIDDEN, WIDTH))
                    .with("k", 2)
                    .with("activation_type", activation)
                    .with("swiglu_fusion", 1)
                    .with("normalize_routing_weights", 1)
                    .output(),
                "y",
                OnnxType.FLOAT,
                "rows",
                HIDDEN));
    write();
    try (OnnxFile file = OnnxFile.open(folder)) {
      return file.moeLayers();
    }
  }

  private void write() throws IOException {
    Files.write(folder.resolve("model.onnx"), graph.toModel("test", "", Map.of()));
    Files.write(folder.resolve("data"), new byte[Math.toIntExact(end)]);
  }

  private String stored(String name, OnnxType type, long... dims) {
    Shape shape = Shape.of(dims);
    String value = graph.external(name, type, shape, "data", end);
    end += type.byteSize(shape.elements());
    return value;
  }
}
