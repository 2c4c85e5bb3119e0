package io.moetool.formats.onnx;

import com.google.protobuf.ByteString;
import io.moetool.formats.Shape;
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
import java.util.SortedMap;
import java.util.TreeMap;

/** Takes the subgraphs of experts out of a graph, and numbers those that stay anew. */
final class BranchCut {
  private static final String INDEX = "expert_index_";

  private final GraphIndex index;
  private final Set<Integer> removed = new HashSet<>();

  /** What stands for a value that is not computed any more. */
  private final Map<String, String> instead = new HashMap<>();

  /** Branches of experts that stay, and the number the expert has now. */
  private final Map<Branch, Integer> numbers = new LinkedHashMap<>();

  /** A constant: a number as one entry of this shape. */
  private record Key(int number, Shape shape) {}

  /**
   * Decides which nodes go.
   *
   * @param kept experts that stay, ascending, by layer
   */
  BranchCut(GraphIndex index, List<OnnxMoeLayer> layers, Map<Integer, List<Integer>> kept) {
    this.index = index;
    for (OnnxMoeLayer layer : layers) {
      List<Integer> experts = kept.getOrDefault(layer.layer(), List.of());
      SortedMap<Integer, List<Branch>> going = new TreeMap<>();
      for (Branch branch : layer.branches()) {
        List<Branch> atEnd = going.computeIfAbsent(branch.end(), end -> new ArrayList<>());
        int number = experts.indexOf(branch.expert());
        if (number < 0) {
          removed.addAll(branch.nodes());
          atEnd.add(branch);
        } else if (number != branch.expert()) {
          numbers.put(branch, number);
        }
      }
      endSums(going);
    }
    addUnused();
  }

  /**
   * Sums lose what goes: the other operand stands for the sum, and where both go, the sum goes from
   * the next.
   *
   * @param going branches that go, by the node that adds their result; every such node is there
   */
  private void endSums(SortedMap<Integer, List<Branch>> going) {
    Set<String> gone = new HashSet<>();
    going.forEach((end, branches) -> {
      NodeProto sum = index.node(end);
      if (!sum.getOpType().equals("Add")) {
        branches.forEach(branch -> leaveOut(end, sum.getInput(branch.addedTo())));
        return;
      }
      String first = sum.getInput(0);
      String second = sum.getInput(1);
      branches.forEach(branch -> gone.add(sum.getInput(1 - branch.addedTo())));
      if (gone.contains(first) && gone.contains(second)) {
        removed.add(end);
        gone.add(sum.getOutput(0));
      } else if (gone.contains(first) || gone.contains(second)) {
        leaveOut(end, gone.contains(first) ? second : first);
      }
    });
  }

  private void leaveOut(int sum, String standIn) {
    removed.add(sum);
    instead.put(index.node(sum).getOutput(0), standIn);
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
    Map<Key, String> byNumber = new HashMap<>();
    numbers.forEach((branch, number) -> {
      String before = index.node(branch.column()).getInput(branch.number());
      Shape shape = index.tensor(before).orElseThrow().shape();
      String constant =
          byNumber.computeIfAbsent(
              new Key(number, shape),
              key -> {
                TensorProto added = constant(unused(number, names), number, shape);
                constants.add(added);
                return added.getName();
              });
      graph.getNodeBuilder(branch.column()).setInput(branch.number(), constant);
    });
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

  private static TensorProto constant(String name, long number, Shape shape) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.INT64.getNumber())
        .addAllDims(shape.dims())
        .setRawData(
            ByteString.copyFrom(
                ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(number)
                    .flip()))
        .build();
  }
}
