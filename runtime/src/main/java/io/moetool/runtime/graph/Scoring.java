package io.moetool.runtime.graph;

import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.Map;

/**
 * Graphs that turn logits into losses, so that a vocabulary-wide softmax never reaches Java code.
 */
public final class Scoring {
  /** Logits after some tokens, {@code [rows, vocabulary]}. */
  public static final String LOGITS = "logits";

  /** Logits of a second model for the same tokens. */
  public static final String OTHER_LOGITS = "otherLogits";

  /** The token that follows each of them, int64 {@code [rows, 1]}. */
  public static final String TARGETS = "targets";

  /** Result: one float32 row a token. */
  public static final String SCORES = "scores";

  private static final int BEST = 5;

  private Scoring() {}

  /** Loss per token: {@code scores [rows, 1]}, in nats. */
  public static byte[] loss(int vocabulary) {
    OnnxGraph graph = new OnnxGraph("loss");
    String logProbabilities = logProbabilities(graph, LOGITS, vocabulary);
    graph.output(
        loss(graph, logProbabilities, graph.input(TARGETS, OnnxType.INT64, "rows", 1)),
        SCORES,
        OnnxType.FLOAT,
        "rows",
        1);
    return graph.toModel("moetool", "", Map.of());
  }

  /**
   * Two models on the same tokens: {@code scores [rows, 6]} with the losses of both, the KL
   * divergence of the second from the first, 1 where both find the same token most likely, the
   * share of the five tokens that one finds most likely which the other does, too (all tokens where
   * the vocabulary is smaller), and Σ min(p, q) over the vocabulary, the probability that two
   * distributions have in common.
   */
  public static byte[] comparison(int vocabulary) {
    OnnxGraph graph = new OnnxGraph("comparison");
    String base = logProbabilities(graph, LOGITS, vocabulary);
    String other = logProbabilities(graph, OTHER_LOGITS, vocabulary);
    String targets = graph.input(TARGETS, OnnxType.INT64, "rows", 1);
    String divergence =
        graph
            .node(
                "ReduceSum",
                graph
                    .node(
                        "Mul",
                        graph.node("Exp", base).output(),
                        graph.node("Sub", base, other).output())
                    .output(),
                graph.constant(-1))
            .with("keepdims", 1)
            .output();
    String agree =
        graph
            .node(
                "Cast",
                graph.node("Equal", mostLikely(graph, base), mostLikely(graph, other)).output())
            .with("to", OnnxType.FLOAT.number())
            .output();
    String scores =
        graph
            .node(
                "Concat",
                loss(graph, base, targets),
                loss(graph, other, targets),
                divergence,
                agree,
                sharedBest(graph, base, other, Math.min(BEST, vocabulary)),
                overlap(graph, base, other))
            .with("axis", 1)
            .output();
    graph.output(scores, SCORES, OnnxType.FLOAT, "rows", 6);
    return graph.toModel("moetool", "", Map.of());
  }

  private static String logProbabilities(OnnxGraph graph, String name, int vocabulary) {
    String logits = graph.input(name, OnnxType.FLOAT, "rows", vocabulary);
    return graph.node("LogSoftmax", logits).with("axis", -1).output();
  }

  private static String loss(OnnxGraph graph, String logProbabilities, String targets) {
    return graph
        .node(
            "Neg", graph.node("GatherElements", logProbabilities, targets).with("axis", 1).output())
        .output();
  }

  private static String mostLikely(OnnxGraph graph, String logProbabilities) {
    return graph.node("ArgMax", logProbabilities).with("axis", -1).with("keepdims", 1).output();
  }

  /** Every pair of ranks is compared, and a token has one rank in each model. */
  private static String sharedBest(OnnxGraph graph, String base, String other, int count) {
    String down = graph.node("Unsqueeze", best(graph, base, count), graph.constant(2)).output();
    String across = graph.node("Unsqueeze", best(graph, other, count), graph.constant(1)).output();
    String same =
        graph
            .node("Cast", graph.node("Equal", down, across).output())
            .with("to", OnnxType.FLOAT.number())
            .output();
    String shared =
        graph
            .node(
                "ReduceSum",
                graph.node("ReduceSum", same, graph.constant(2)).with("keepdims", 0).output(),
                graph.constant(1))
            .with("keepdims", 1)
            .output();
    return graph.node("Div", shared, graph.scalar((float) count)).output();
  }

  private static String overlap(OnnxGraph graph, String base, String other) {
    String least = graph.node("Exp", graph.node("Min", base, other).output()).output();
    return graph.node("ReduceSum", least, graph.constant(-1)).with("keepdims", 1).output();
  }

  private static String best(OnnxGraph graph, String logProbabilities, int count) {
    return graph
        .node("TopK", logProbabilities, graph.constant(count))
        .with("axis", -1)
        .outputs(2)
        .get(1);
  }
}
