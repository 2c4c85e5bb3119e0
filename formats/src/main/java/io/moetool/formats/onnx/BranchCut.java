package io.moetool.formats.onnx;

import com.google.protobuf.ByteString;
import io.moetool.formats.onnx.OnnxMoeLayer.Branch;
import io.moetool.formats.onnx.proto.GraphProto;
import io.moetool.formats.onnx.proto.NodeProto;
import io.moetool.formats.onnx.proto.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Takes the subgraphs of experts out of a graph, and numbers those that stay anew. */
final class BranchCut {
  private static final String INDEX = "expert_index_";

  private final GraphIndex index;
  private final Set<Integer> removed = new HashSet<>();

  /** What stands for a value that is not computed any more. */
  private final Map<String, String> instead = new HashMap<>();

  /** Nodes that take an expert's column, and the number the expert has now. */
  private final Map<Integer, Integer> numbers = new LinkedHashMap<>();

  /**
   * Decides which nodes go.
   *
   * @param kept experts that stay, ascending, by layer
   */
  BranchCut(GraphIndex index, List<OnnxMoeLayer> layers, Map<Integer, List<Integer>> kept) {
    this.index = index;
    for (OnnxMoeLayer layer : layers) {
      List<Integer> experts = kept.getOrDefault(layer.layer(), List.of());
      for (Branch branch : layer.branches()) {
        int number = experts.indexOf(branch.expert());
        if (number < 0) {
          removed.addAll(branch.nodes());
          NodeProto end = index.node(branch.end());
          instead.put(end.getOutput(0), end.getInput(0));
        } else if (number != branch.expert()) {
          numbers.put(branch.column(), number);
        }
      }
    }
    addUnused();
  }

  /** Nodes that only served those that go, such as the widening of a weight. */
  private void addUnused() {
    boolean more = !removed.isEmpty();
    while (more) {
      more = false;
      for (int node = 0; node < index.nodes(); node++) {
        if (!removed.contains(node) && isOnlyForRemoved(index.node(node))) {
          removed.add(node);
          more = true;
        }
      }
    }
  }

  private boolean isOnlyForRemoved(NodeProto node) {
    boolean used = false;
    for (String output : node.getOutputList()) {
      if (instead.containsValue(output) || index.isOutput(output)) {
        return false;
      }
      for (GraphIndex.Use use : index.uses(output)) {
        used = true;
        if (!removed.contains(use.node())) {
          return false;
        }
      }
    }
    return used;
  }

  /** Whether a tensor served none but nodes that go. */
  boolean isUnused(String tensor) {
    List<GraphIndex.Use> uses = index.uses(tensor);
    return !uses.isEmpty()
        && !index.isOutput(tensor)
        && uses.stream().allMatch(use -> removed.contains(use.node()));
  }

  /**
   * Changes the graph.
   *
   * @param names of all values; new ones are added
   * @return constants that were added
   */
  List<TensorProto> apply(GraphProto.Builder graph, Set<String> names) {
    List<TensorProto> constants = new ArrayList<>();
    Map<Integer, String> byNumber = new HashMap<>();
    numbers.forEach((column, number) ->
        graph
            .getNodeBuilder(column)
            .setInput(
                1,
                byNumber.computeIfAbsent(
                    number,
                    n -> {
                      TensorProto constant = constant(unused(n, names), n);
                      constants.add(constant);
                      return constant.getName();
                    })));
    List<NodeProto> nodes = new ArrayList<>();
    for (int node = 0; node < graph.getNodeCount(); node++) {
      if (!removed.contains(node)) {
        NodeProto.Builder stays = graph.getNodeBuilder(node);
        for (int input = 0; input < stays.getInputCount(); input++) {
          stays.setInput(input, standIn(stays.getInput(input)));
        }
        nodes.add(stays.build());
      }
    }
    graph.clearNode().addAllNode(nodes);
    return constants;
  }

  private String standIn(String value) {
    String current = value;
    for (String next = instead.get(current); next != null; next = instead.get(current)) {
      current = next;
    }
    return current;
  }

  private static String unused(int number, Set<String> names) {
    String name = INDEX + number;
    while (!names.add(name)) {
      name = name + "_";
    }
    return name;
  }

  private static TensorProto constant(String name, long number) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.INT64.getNumber())
        .addDims(1)
        .setRawData(
            ByteString.copyFrom(
                ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(number)
                    .flip()))
        .build();
  }
}
