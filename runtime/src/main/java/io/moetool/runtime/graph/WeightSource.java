package io.moetool.runtime.graph;

import io.moetool.formats.family.TensorRole;

/**
 * Where a block's weights come from: graph inputs when weights are streamed, stored tensors when a
 * model is exported. All values are float32 in the graph.
 */
public interface WeightSource {
  /** Name of the graph value that holds a weight of the current layer. */
  String weight(TensorRole role);

  /** Name of the graph value that holds a bias of the current layer. */
  String bias(TensorRole role);
}
