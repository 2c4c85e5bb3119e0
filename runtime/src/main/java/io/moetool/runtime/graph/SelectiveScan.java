package io.moetool.runtime.graph;

import io.moetool.formats.family.Mamba;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.Collections;
import java.util.List;

/**
 * The recurrence of a Mamba mixer as a {@code Scan} over tokens. What is kept of a state is
 * computed inside, a token at a time: for a whole sequence it would be {@code stateSize} times as
 * large as anything else in the layer.
 */
final class SelectiveScan {
  private static final int TOKEN_INPUTS = 4;

  private final OnnxGraph graph;
  private final Mamba mamba;

  SelectiveScan(OnnxGraph graph, Mamba mamba) {
    this.graph = graph;
    this.mamba = mamba;
  }

  /**
   * What tokens bring.
   *
   * @param step how far a channel moves, zero for padding, {@code [batch, sequence, width]}
   * @param input {@code [batch, sequence, width]}
   * @param write where in a channel's vector the input goes, {@code [batch, sequence, stateSize]}
   * @param read what is taken from it, {@code [batch, sequence, stateSize]}
   */
  record Tokens(String step, String input, String write, String read) {}

  /**
   * What the recurrence yields.
   *
   * @param output {@code [batch, sequence, width]}
   * @param state vectors after the last token, {@code [batch, width, stateSize]}
   */
  record Result(String output, String state) {}

  /**
   * Runs it.
   *
   * @param decay logarithm of how fast states decay, {@code [width, stateSize]}
   * @param state vectors before the first token, {@code [batch, width, stateSize]}
   */
  Result apply(Tokens tokens, String decay, String state) {
    String speed = graph.node("Neg", graph.node("Exp", decay).output()).output();
    String moved = graph.node("Mul", tokens.step(), tokens.input()).output();
    List<String> results =
        graph
            .node(
                "Scan",
                state,
                matrices(tokens.step(), mamba.width(), 1),
                matrices(moved, mamba.width(), 1),
                matrices(tokens.write(), 1, mamba.stateSize()),
                matrices(tokens.read(), mamba.stateSize(), 1))
            .with("num_scan_inputs", TOKEN_INPUTS)
            .with("scan_input_axes", Collections.nCopies(TOKEN_INPUTS, 1L))
            .with("scan_output_axes", List.of(1L))
            .with("body", token(speed))
            .outputs(2);
    String output =
        graph.node("Reshape", results.getLast(), graph.constant(0, 0, mamba.width())).output();
    return new Result(output, results.getFirst());
  }

  /** {@code [batch, sequence, rows, columns]}. */
  private String matrices(String values, int rows, int columns) {
    return graph.node("Reshape", values, graph.constant(0, 0, rows, columns)).output();
  }

  /** One token: its state before to the state after, and what it reads from that. */
  private OnnxGraph token(String speed) {
    OnnxGraph body = graph.body("token");
    int width = mamba.width();
    int size = mamba.stateSize();
    String before = input(body, "state", width, size);
    String step = input(body, "step", width, 1);
    String moved = input(body, "moved", width, 1);
    String write = input(body, "write", 1, size);
    String read = input(body, "read", size, 1);
    String kept = body.node("Exp", body.node("Mul", step, speed).output()).output();
    String after =
        body.node(
                "Add",
                body.node("Mul", before, kept).output(),
                body.node("Mul", moved, write).output())
            .output();
    String yielded = body.node("MatMul", after, read).output();
    output(body, after, "after", width, size);
    output(body, yielded, "yielded", width, 1);
    return body;
  }

  private static String input(OnnxGraph body, String name, int rows, int columns) {
    return body.input(name, OnnxType.FLOAT, "batch", rows, columns);
  }

  private static void output(OnnxGraph body, String value, String name, int rows, int columns) {
    body.output(value, name, OnnxType.FLOAT, "batch", rows, columns);
  }
}
