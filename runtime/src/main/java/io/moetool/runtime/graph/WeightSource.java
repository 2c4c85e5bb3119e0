package io.moetool.runtime.graph;

import io.moetool.formats.family.TensorRole;
import java.util.List;

/**
 * Where a block's weights come from: graph inputs when weights are streamed, stored tensors when a
 * model is exported. All values are float32 in the graph.
 */
public interface WeightSource {
  /** Name of the graph value that holds a weight of the current layer. */
  String weight(TensorRole role);

  /**
   * Names of the graph values that together hold a weight of the current layer, each some of its
   * rows, in order. Streamed weights that would take much memory as float32 come in several.
   */
  default List<String> parts(TensorRole role) {
    return List.of(weight(role));
  }

  /** Name of the graph value that holds a bias of the current layer. */
  String bias(TensorRole role);
}
