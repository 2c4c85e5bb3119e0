package io.moetool.runtime.graph;

import io.moetool.formats.Shape;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxType;

/** Types and shapes that the weights of a layer are stored in. */
public interface StoredTypes {
  /** Element type of a weight or bias. */
  OnnxType type(TensorRole role, boolean bias);

  /** Extents of a weight or bias. */
  Shape shape(TensorRole role, boolean bias);
}
