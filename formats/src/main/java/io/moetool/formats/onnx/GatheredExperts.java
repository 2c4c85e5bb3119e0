package io.moetool.formats.onnx;

import io.moetool.formats.onnx.OnnxMoeLayer.Cut;
import io.moetool.formats.onnx.OnnxMoeLayer.ExpertTensor;
import io.moetool.formats.onnx.OnnxMoeLayer.Operator;
import io.moetool.formats.onnx.OnnxMoeLayer.Part;
import io.moetool.formats.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Experts in stacks of matrices, from which every token takes those of the experts that it chose:
 * what exporters make of a batched product.
 */
final class GatheredExperts {
  /** Nodes between a choice and its use, and between a matrix and its product. */
  private static final int LONGEST_WAY = 8;

  /** Operators that leave numbers what they are. */
  private static final Set<String> SAME_NUMBERS =
      Set.of("Reshape", "Unsqueeze", "Squeeze", "Flatten", "Cast", "Identity", "Transpose");

  private final GraphIndex graph;
  private final int experts;

  /** Nodes that gather, in the order of the graph, each with the stack it gathers from. */
  private final Map<Integer, StoredWeightUse> stacks;

  private Optional<String> obstacle = Optional.empty();

  private GatheredExperts(GraphIndex graph, int experts, Map<Integer, StoredWeightUse> stacks) {
    this.graph = graph;
    this.experts = experts;
    this.stacks = stacks;
  }

  private record Key(int choice, long experts) {}

  /** All layers of such experts, in the order of the graph. */
  static List<OnnxMoeLayer> of(GraphIndex graph, int firstLayer) {
    Map<Key, Map<Integer, StoredWeightUse>> byChoice = new LinkedHashMap<>();
    for (int index = 0; index < graph.nodes(); index++) {
      if (gathersOutermost(graph.node(index))) {
        int node = index;
        stack(graph, node)
            .ifPresent(stack ->
                choice(graph, graph.node(node).getInput(1))
                    .ifPresent(choice ->
                        byChoice
                            .computeIfAbsent(
                                new Key(choice, stack.tensor().shape().dim(0)),
                                key -> new LinkedHashMap<>())
                            .put(node, stack)));
      }
    }
    List<OnnxMoeLayer> layers = new ArrayList<>();
    byChoice.forEach((key, stacks) -> {
      if (stacks.values().stream().anyMatch(GatheredExperts::holdsMatrices)) {
        layers.add(
            new GatheredExperts(graph, Math.toIntExact(key.experts()), stacks)
                .layer(firstLayer + layers.size()));
      }
    });
    return layers;
  }

  private static boolean gathersOutermost(NodeProto node) {
    return switch (node.getOpType()) {
      case "Gather" -> GraphIndex.integer(node, "axis", 0) == 0;
      case "GatherND" -> GraphIndex.integer(node, "batch_dims", 0) == 0;
      default -> false;
    };
  }

  private static Optional<StoredWeightUse> stack(GraphIndex graph, int node) {
    return StoredWeightUse.of(graph, node, 0)
        .filter(use -> !use.transposed() && use.tensor().shape().rank() >= 2)
        .filter(use -> use.tensor().shape().elements() > 0);
  }

  private static boolean holdsMatrices(StoredWeightUse stack) {
    return stack.tensor().shape().rank() == 3;
  }

  /** The node whose choice a value is. */
  private static Optional<Integer> choice(GraphIndex graph, String value) {
    String name = value;
    for (int step = 0; step < LONGEST_WAY; step++) {
      String current = name;
      Optional<Integer> producer = graph.producer(name);
      if (producer.isEmpty()) {
        return Optional.empty();
      }
      NodeProto node = graph.node(producer.get());
      if (node.getOpType().equals("TopK")) {
        return producer.filter(by -> node.getOutputList().indexOf(current) == 1);
      }
      if (!SAME_NUMBERS.contains(node.getOpType())) {
        return Optional.empty();
      }
      name = node.getInput(0);
    }
    return Optional.empty();
  }

  private OnnxMoeLayer layer(int layer) {
    List<ExpertTensor> tensors = new ArrayList<>();
    RouterTrace trace = new RouterTrace(graph, experts);
    stacks.keySet().forEach(node -> trace.follow(graph.node(node).getInput(1)));
    trace.requireNoOtherUse(new HashSet<>(stacks.keySet()));
    List<Cut> cuts = new ArrayList<>(trace.cuts());
    int lastProduct =
        stacks.entrySet().stream()
            .filter(entry -> holdsMatrices(entry.getValue()))
            .reduce((one, two) -> two)
            .orElseThrow()
            .getKey();
    int hidden = 0;
    int width = 0;
    for (Map.Entry<Integer, StoredWeightUse> entry : stacks.entrySet()) {
      StoredWeightUse stack = entry.getValue();
      OnnxTensor tensor = stack.tensor();
      cuts.add(stack.cut(0));
      Part part = Part.COMPANION;
      boolean transposed = false;
      if (holdsMatrices(stack)) {
        boolean isLast = entry.getKey() == lastProduct;
        part = isLast ? Part.DOWN : Part.FIRST;
        transposed = isSecondFactor(entry.getKey());
        if (isLast) {
          hidden = Math.toIntExact(tensor.shape().dim(transposed ? 2 : 1));
          width = Math.toIntExact(tensor.shape().dim(transposed ? 1 : 2));
        }
      }
      tensors.add(new ExpertTensor(tensor.name(), part, Optional.empty(), transposed));
    }
    return new OnnxMoeLayer(
        layer,
        Operator.GATHERED,
        graph.node(stacks.keySet().iterator().next()).getName(),
        experts,
        trace.chosen().orElse(experts),
        "in the graph",
        trace.renormalises(),
        trace.groups(),
        hidden,
        width,
        tensors,
        trace.router(),
        cuts,
        List.of(),
        trace.obstacle().or(() -> obstacle));
  }

  /** Whether gathered matrices are multiplied from the right, so that they are [in, out]. */
  private boolean isSecondFactor(int gather) {
    String value = graph.node(gather).getOutput(0);
    boolean exchanged = false;
    for (int step = 0; step < LONGEST_WAY; step++) {
      List<GraphIndex.Use> uses = graph.uses(value);
      if (uses.size() != 1 || uses.getFirst().input() < 0) {
        break;
      }
      NodeProto user = graph.node(uses.getFirst().node());
      if (user.getOpType().equals("MatMul")) {
        return (uses.getFirst().input() == 1) != exchanged;
      }
      if (user.getOpType().equals("Transpose")) {
        exchanged ^= exchangesLast(user);
      } else if (!SAME_NUMBERS.contains(user.getOpType())) {
        break;
      }
      value = user.getOutput(0);
    }
    obstacle =
        Optional.of(
            "what %s '%s' gathers is not multiplied in one place"
                .formatted(graph.node(gather).getOpType(), graph.node(gather).getName()));
    return false;
  }

  private static boolean exchangesLast(NodeProto transpose) {
    return GraphIndex.attribute(transpose, "perm")
        .filter(perm -> {
          int rank = perm.getIntsCount();
          return rank > 1
              && perm.getInts(rank - 1) == rank - 2
              && perm.getInts(rank - 2) == rank - 1;
        })
        .isPresent();
  }
}
