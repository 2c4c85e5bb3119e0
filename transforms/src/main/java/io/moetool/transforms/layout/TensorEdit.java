package io.moetool.transforms.layout;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;

/** A tensor of the source that becomes one of the result. */
public sealed interface TensorEdit permits TensorMove, NeuronCut {
  /** As it is stored in the source. */
  TensorInfo source();

  /** As it will be stored in the result. */
  TensorInfo target();

  /** Whether all bytes are those of the source; the name may differ. */
  boolean isWhole();

  /** The tensor to write, read from the source when its turn comes. */
  OutputTensor output(TensorStore sourceTensors);
}
