package io.moetool.formats.onnx;

import io.moetool.formats.onnx.OnnxMoeLayer.Branch;
import io.moetool.formats.onnx.OnnxMoeLayer.ExpertTensor;
import io.moetool.formats.onnx.OnnxMoeLayer.Operator;
import io.moetool.formats.onnx.OnnxMoeLayer.Part;
import io.moetool.formats.onnx.proto.NodeProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Experts as a subgraph each: from the matrix of what every expert counts for every token one
 * column is taken, the tokens it is not zero for are gathered, and the expert's weighted result is
 * added to theirs by ScatterND.
 */
final class UnrolledExperts {
  private static final Set<String> PRODUCTS = Set.of("Gemm", "MatMul");

  private final GraphIndex graph;
  private final String coefficients;

  /** Experts by their number, each with the node that takes its column. */
  private final Map<Integer, Integer> columns;

  private final List<ExpertTensor> tensors = new ArrayList<>();
  private Optional<String> obstacle = Optional.empty();
  private int hidden;
  private int width;

  private UnrolledExperts(GraphIndex graph, String coefficients, Map<Integer, Integer> columns) {
    this.graph = graph;
    this.coefficients = coefficients;
    this.columns = columns;
  }

  /** All layers of such experts, in the order of the graph. */
  static List<OnnxMoeLayer> of(GraphIndex graph, int firstLayer) {
    Map<String, Map<Integer, Integer>> byMatrix = new LinkedHashMap<>();
    for (int node = 0; node < graph.nodes(); node++) {
      int column = node;
      expert(graph, node)
          .ifPresent(expert ->
              byMatrix
                  .computeIfAbsent(graph.node(column).getInput(0), matrix -> new TreeMap<>())
                  .putIfAbsent(expert, column));
    }
    List<OnnxMoeLayer> layers = new ArrayList<>();
    byMatrix.forEach((matrix, columns) -> {
      int experts = columns.size();
      if (columns.keySet().stream().allMatch(expert -> expert < experts)) {
        OnnxMoeLayer layer =
            new UnrolledExperts(graph, matrix, columns).layer(firstLayer + layers.size());
        // Experts beside a fused operator have columns, too, but no router for them alone.
        if (layer.router().isPresent()) {
          layers.add(layer);
        }
      }
    });
    return layers;
  }

  /** The expert whose column a node takes, to look for the tokens that chose it. */
  private static Optional<Integer> expert(GraphIndex graph, int index) {
    NodeProto node = graph.node(index);
    if (!node.getOpType().equals("Gather") || GraphIndex.integer(node, "axis", 0) != 1) {
      return Optional.empty();
    }
    boolean counted =
        graph.uses(node.getOutput(0)).stream()
            .anyMatch(use -> graph.node(use.node()).getOpType().equals("NonZero"));
    return graph
        .integers(GraphIndex.input(node, 1))
        .filter(numbers -> counted && numbers.length == 1)
        .filter(numbers -> numbers[0] >= 0 && numbers[0] < Integer.MAX_VALUE)
        .map(numbers -> (int) numbers[0]);
  }

  private OnnxMoeLayer layer(int layer) {
    List<Branch> branches = new ArrayList<>();
    columns.forEach((expert, column) -> branches.add(branch(expert, column)));
    int experts = columns.size();
    RouterTrace trace = new RouterTrace(graph, experts).follow(coefficients);
    trace.requireNoOtherUse(new HashSet<>(columns.values()));
    if (trace.chosen().isEmpty()) {
      block("how many experts a token uses is not found");
    }
    return new OnnxMoeLayer(
        layer,
        Operator.UNROLLED,
        graph.node(columns.values().iterator().next()).getName(),
        experts,
        trace.chosen().orElse(experts),
        "in the graph",
        false,
        trace.groups(),
        hidden,
        width,
        tensors,
        trace.router(),
        trace.cuts(),
        branches,
        trace.obstacle().or(() -> obstacle));
  }

  /** Everything that depends on an expert's column, up to where its result is added. */
  private Branch branch(int expert, int column) {
    Set<Integer> nodes = new TreeSet<>(Set.of(column));
    Set<Integer> ends = new TreeSet<>();
    Deque<Integer> open = new ArrayDeque<>(nodes);
    while (!open.isEmpty()) {
      for (String output : graph.node(open.remove()).getOutputList()) {
        if (graph.isOutput(output)) {
          block("what expert %d yields is an output of the graph".formatted(expert));
        }
        for (GraphIndex.Use use : graph.uses(output)) {
          if (graph.node(use.node()).getOpType().equals("ScatterND") && use.input() > 0) {
            ends.add(use.node());
          } else if (nodes.add(use.node())) {
            open.add(use.node());
          }
        }
      }
    }
    if (ends.size() != 1) {
      block("expert %d is not added in one place".formatted(expert));
    }
    addTensors(expert, nodes);
    nodes.addAll(ends);
    return new Branch(
        expert, column, List.copyOf(nodes), ends.isEmpty() ? column : ends.iterator().next());
  }

  private void addTensors(int expert, Set<Integer> nodes) {
    List<Integer> products =
        nodes.stream().filter(node -> PRODUCTS.contains(graph.node(node).getOpType())).toList();
    for (int product : products) {
      NodeProto node = graph.node(product);
      Optional<StoredWeightUse> weight = StoredWeightUse.of(graph, product, 1);
      if (weight.isEmpty() || weight.get().tensor().shape().rank() != 2) {
        block("%s '%s' multiplies by no stored matrix".formatted(node.getOpType(), node.getName()));
        continue;
      }
      boolean transposed =
          weight.get().transposed() == (GraphIndex.integer(node, "transB", 0) != 0);
      OnnxTensor tensor = weight.get().tensor();
      boolean last = products.getLast() == product;
      if (last) {
        hidden = Math.toIntExact(tensor.shape().dim(transposed ? 1 : 0));
        width = Math.toIntExact(tensor.shape().dim(transposed ? 0 : 1));
      }
      tensors.add(
          new ExpertTensor(
              tensor.name(), last ? Part.DOWN : Part.FIRST, Optional.of(expert), transposed));
      graph
          .tensor(GraphIndex.input(node, 2))
          .ifPresent(bias ->
              tensors.add(
                  new ExpertTensor(bias.name(), Part.COMPANION, Optional.of(expert), false)));
    }
  }

  private void block(String why) {
    obstacle = obstacle.or(() -> Optional.of(why));
  }
}
