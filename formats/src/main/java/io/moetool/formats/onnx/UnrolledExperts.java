package io.moetool.formats.onnx;

import io.moetool.formats.onnx.ExpertColumns.Column;
import io.moetool.formats.onnx.ExpertColumns.Columns;
import io.moetool.formats.onnx.OnnxMoeLayer.Branch;
import io.moetool.formats.onnx.OnnxMoeLayer.ExpertTensor;
import io.moetool.formats.onnx.OnnxMoeLayer.Operator;
import io.moetool.formats.onnx.OnnxMoeLayer.Part;
import io.moetool.formats.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Experts as a subgraph each: out of what the router chose, one is taken after the other; it
 * computes the tokens that chose it, or all, and its weighted result is added to theirs.
 */
final class UnrolledExperts {
  private static final Set<String> PRODUCTS = Set.of("Gemm", "MatMul");

  private final GraphIndex graph;
  private final Map<Integer, Column> columns;
  private final List<ExpertTensor> tensors = new ArrayList<>();
  private Optional<String> obstacle = Optional.empty();
  private int hidden;
  private int width;

  private UnrolledExperts(GraphIndex graph, Columns columns) {
    this.graph = graph;
    this.columns = columns.columns();
  }

  /** All layers of such experts, in the order of the graph. */
  static List<OnnxMoeLayer> of(GraphIndex graph, int firstLayer) {
    List<OnnxMoeLayer> layers = new ArrayList<>();
    for (Columns columns : ExpertColumns.of(graph)) {
      RouterTrace trace = new RouterTrace(graph, columns.columns().size()).follow(columns.source());
      // Experts beside a fused operator have columns, too, but no router for them alone.
      if (trace.router().isPresent()) {
        layers.add(new UnrolledExperts(graph, columns).layer(trace, firstLayer + layers.size()));
      }
    }
    return layers;
  }

  private OnnxMoeLayer layer(RouterTrace trace, int layer) {
    List<Branch> branches = new ArrayList<>();
    columns.forEach((expert, column) -> branches.add(branch(expert, column)));
    int experts = columns.size();
    trace.requireNoOtherUse(
        columns.values().stream().map(Column::node).collect(Collectors.toSet()));
    if (trace.chosen().isEmpty()) {
      block("how many experts a token uses is not found");
    }
    return new OnnxMoeLayer(
        layer,
        Operator.UNROLLED,
        graph.node(columns.values().iterator().next().node()).getName(),
        experts,
        trace.chosen().orElse(experts),
        "in the graph",
        trace.renormalises(),
        trace.groups(),
        hidden,
        width,
        tensors,
        trace.router(),
        trace.cuts(),
        branches,
        trace.obstacle().or(() -> obstacle));
  }

  private Branch branch(int expert, Column column) {
    ExpertBranch branch = new ExpertBranch(graph, column.node());
    branch.obstacle().ifPresent(why -> block("expert %d: %s".formatted(expert, why)));
    addTensors(expert, branch.nodes());
    return new Branch(
        expert,
        column.node(),
        column.input(),
        List.copyOf(branch.nodes()),
        branch.end().orElse(column.node()),
        branch.addedTo());
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
