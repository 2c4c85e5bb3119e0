package io.moetool.formats.onnx;

import io.moetool.formats.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where graphs look at one expert after the other: nodes that take what belongs to one number out
 * of a value, for all numbers from zero on. Whether those are numbers of experts, the router has to
 * tell.
 */
final class ExpertColumns {
  private ExpertColumns() {}

  /**
   * A node that takes what belongs to one expert.
   *
   * @param node its index
   * @param input its input that has the expert's number
   */
  record Column(int node, int input) {}

  /**
   * Nodes that take from the same value.
   *
   * @param source the value
   * @param columns by the number of the expert
   */
  record Columns(String source, Map<Integer, Column> columns) {}

  private record Key(String source, String operator, long axis) {}

  /** All values that are taken apart so. */
  static List<Columns> of(GraphIndex graph) {
    Map<Key, Map<Integer, Column>> byKey = new LinkedHashMap<>();
    for (int index = 0; index < graph.nodes(); index++) {
      NodeProto node = graph.node(index);
      switch (node.getOpType()) {
        case "Gather" -> add(graph, byKey, index, 1, GraphIndex.integer(node, "axis", 0));
        case "Equal" -> {
          add(graph, byKey, index, 0, 0);
          add(graph, byKey, index, 1, 0);
        }
        default -> {}
      }
    }
    List<Columns> all = new ArrayList<>();
    byKey.forEach((key, columns) -> {
      int count = columns.size();
      // Many values are looked at in one place; one expert alone has to be seen to be chosen.
      if ((count > 1 || isCounted(graph, columns))
          && columns.keySet().stream().allMatch(number -> number < count)) {
        all.add(new Columns(key.source(), columns));
      }
    });
    return all;
  }

  private static boolean isCounted(GraphIndex graph, Map<Integer, Column> columns) {
    return columns.values().stream()
        .flatMap(column -> graph.uses(graph.node(column.node()).getOutput(0)).stream())
        .anyMatch(use -> graph.node(use.node()).getOpType().equals("NonZero"));
  }

  private static void add(
      GraphIndex graph, Map<Key, Map<Integer, Column>> byKey, int index, int input, long axis) {
    NodeProto node = graph.node(index);
    String source = GraphIndex.input(node, 1 - input);
    boolean isComputed =
        graph
            .producer(source)
            .filter(by -> !graph.node(by).getOpType().equals("Shape"))
            .isPresent();
    Optional<Integer> number =
        graph
            .integers(GraphIndex.input(node, input))
            .filter(numbers -> isComputed && numbers.length == 1)
            .filter(numbers -> numbers[0] >= 0 && numbers[0] < Integer.MAX_VALUE)
            .map(numbers -> (int) numbers[0]);
    number.ifPresent(expert ->
        byKey
            .computeIfAbsent(new Key(source, node.getOpType(), axis), key -> new TreeMap<>())
            .putIfAbsent(expert, new Column(index, input)));
  }
}
