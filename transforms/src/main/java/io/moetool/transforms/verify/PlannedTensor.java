package io.moetool.transforms.verify;

import io.moetool.formats.OutputTensor;
import java.util.List;

/**
 * A tensor that a plan makes of a source.
 *
 * @param output name, type, shape and bytes, made again when they are asked for
 * @param sources names of the tensors it is made from, as a manifest lists them
 * @param kind how
 */
record PlannedTensor(OutputTensor output, List<String> sources, Kind kind) {
  /** How a tensor comes from its source. */
  enum Kind {
    /** All bytes of one tensor. */
    COPIED,
    /** Parts of one tensor, which may be multiplied. */
    CUT,
    /** Computed from several tensors, or from parts of one. */
    COMPUTED
  }

  PlannedTensor {
    sources = List.copyOf(sources);
  }
}
