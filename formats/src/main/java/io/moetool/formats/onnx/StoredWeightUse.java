package io.moetool.formats.onnx;

import io.moetool.formats.onnx.OnnxMoeLayer.Change;
import io.moetool.formats.onnx.OnnxMoeLayer.Cut;
import io.moetool.formats.onnx.proto.NodeProto;
import java.util.List;
import java.util.Optional;

/**
 * A stored tensor that reaches an input of a node, directly or widened or transposed on the way.
 *
 * @param node index of the node that uses the initializer itself
 * @param input index of that node's input
 * @param tensor the initializer
 * @param transposed whether the two axes of a matrix are exchanged on the way
 */
record StoredWeightUse(int node, int input, OnnxTensor tensor, boolean transposed) {
  /** Nodes between an initializer and its use; more than exporters put there. */
  private static final int LONGEST_WAY = 8;

  /** The tensor that reaches an input; empty if the value is computed in any other way. */
  static Optional<StoredWeightUse> of(GraphIndex graph, int node, int input) {
    int user = node;
    int at = input;
    boolean transposed = false;
    for (int step = 0; step < LONGEST_WAY; step++) {
      String name = GraphIndex.input(graph.node(user), at);
      Optional<OnnxTensor> tensor = graph.tensor(name);
      if (tensor.isPresent()) {
        return Optional.of(new StoredWeightUse(user, at, tensor.get(), transposed));
      }
      Optional<Integer> producer = graph.producer(name);
      if (producer.isEmpty()) {
        return Optional.empty();
      }
      NodeProto on = graph.node(producer.get());
      boolean exchanges = on.getOpType().equals("Transpose") && isExchange(on);
      if (!exchanges && !on.getOpType().equals("Cast") && !on.getOpType().equals("Identity")) {
        return Optional.empty();
      }
      transposed ^= exchanges;
      user = producer.get();
      at = 0;
    }
    return Optional.empty();
  }

  Cut cut(int axis) {
    return new Cut(node, input, tensor.name(), axis, Change.SLICES);
  }

  private static boolean isExchange(NodeProto transpose) {
    return GraphIndex.attribute(transpose, "perm")
        .map(perm -> perm.getIntsList().equals(List.of(1L, 0L)))
        .orElse(true);
  }
}
