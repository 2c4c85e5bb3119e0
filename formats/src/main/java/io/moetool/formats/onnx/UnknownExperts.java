package io.moetool.formats.onnx;

import io.moetool.formats.onnx.proto.NodeProto;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a graph has that may be experts, computed in a way that is not recognised. */
final class UnknownExperts {
  private static final Set<String> PRODUCTS = Set.of("MatMul", "Einsum");
  private static final Set<String> RUNS_GRAPHS = Set.of("Loop", "Scan", "If");

  private UnknownExperts() {}

  /** The first of it, as part of a sentence. */
  static Optional<String> of(GraphIndex graph) {
    Optional<String> body = Optional.empty();
    for (int index = 0; index < graph.nodes(); index++) {
      NodeProto node = graph.node(index);
      if (PRODUCTS.contains(node.getOpType())) {
        Optional<OnnxTensor> stack = stack(graph, index);
        if (stack.isPresent()) {
          return Optional.of(
              "%s '%s' multiplies by a whole stack of matrices, %s%s, and experts that are all computed at once are not known"
                  .formatted(
                      node.getOpType(), node.getName(), stack.get().name(), stack.get().shape()));
        }
      } else if (body.isEmpty() && RUNS_GRAPHS.contains(node.getOpType())) {
        body =
            Optional.of(
                "there is a graph inside %s '%s', which is not looked into"
                    .formatted(node.getOpType(), node.getName()));
      }
    }
    return body;
  }

  private static Optional<OnnxTensor> stack(GraphIndex graph, int node) {
    for (int input : List.of(0, 1)) {
      Optional<OnnxTensor> stack =
          StoredWeightUse.of(graph, node, input)
              .map(StoredWeightUse::tensor)
              .filter(tensor -> tensor.shape().rank() == 3)
              .filter(tensor -> tensor.shape().dims().stream().allMatch(extent -> extent > 1));
      if (stack.isPresent()) {
        return stack;
      }
    }
    return Optional.empty();
  }
}
