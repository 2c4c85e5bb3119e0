package io.moetool.runtime.graph;

import io.moetool.formats.family.DeltaNet;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.Collections;
import java.util.List;

/** The recurrence as a {@code Scan} over tokens, in operators of the ONNX standard. */
final class ScannedDeltaRule implements DeltaRule {
  private static final int TOKEN_INPUTS = 5;

  private final OnnxGraph graph;
  private final DeltaNet net;

  ScannedDeltaRule(OnnxGraph graph, DeltaNet net) {
    this.graph = graph;
    this.net = net;
  }

  @Override
  public Result apply(Tokens tokens, String state) {
    String scale = graph.scalar((float) (1 / Math.sqrt(net.keyDim())));
    List<String> results =
        graph
            .node(
                "Scan",
                state,
                heads(graph.node("Mul", tokens.query(), scale).output(), net.keyDim()),
                heads(tokens.key(), net.keyDim()),
                heads(tokens.value(), net.valueDim()),
                heads(graph.node("Exp", tokens.decay()).output(), 1),
                heads(tokens.rate(), 1))
            .with("num_scan_inputs", TOKEN_INPUTS)
            .with("scan_input_axes", Collections.nCopies(TOKEN_INPUTS, 1L))
            .with("scan_output_axes", List.of(1L))
            .with("body", token())
            .outputs(2);
    String output =
        graph.node("Reshape", results.getLast(), graph.constant(0, 0, net.valueWidth())).output();
    return new Result(output, results.getFirst());
  }

  /** {@code [batch, sequence, heads, 1, width]}. */
  private String heads(String values, int width) {
    return graph.node("Reshape", values, graph.constant(0, 0, net.valueHeads(), 1, width)).output();
  }

  /** One token: its matrices before to matrices after, and what it reads from them. */
  private OnnxGraph token() {
    OnnxGraph body = graph.body("token");
    String before = input(body, "state", net.keyDim(), net.valueDim());
    String query = input(body, "query", 1, net.keyDim());
    String key = input(body, "key", 1, net.keyDim());
    String value = input(body, "value", 1, net.valueDim());
    String kept = input(body, "kept", 1, 1);
    String rate = input(body, "rate", 1, 1);
    String decayed = body.node("Mul", before, kept).output();
    String found = body.node("MatMul", key, decayed).output();
    String correction = body.node("Mul", body.node("Sub", value, found).output(), rate).output();
    String column = body.node("Transpose", key).with("perm", List.of(0L, 1L, 3L, 2L)).output();
    String after =
        body.node("Add", decayed, body.node("MatMul", column, correction).output()).output();
    String read = body.node("MatMul", query, after).output();
    output(body, after, "after", net.keyDim(), net.valueDim());
    output(body, read, "read", 1, net.valueDim());
    return body;
  }

  private String input(OnnxGraph body, String name, int rows, int columns) {
    return body.input(name, OnnxType.FLOAT, "batch", net.valueHeads(), rows, columns);
  }

  private void output(OnnxGraph body, String value, String name, int rows, int columns) {
    body.output(value, name, OnnxType.FLOAT, "batch", net.valueHeads(), rows, columns);
  }
}
