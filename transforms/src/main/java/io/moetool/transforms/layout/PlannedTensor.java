package io.moetool.transforms.layout;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorStore;
import io.moetool.formats.checkpoint.Manifest.Origin;
import java.util.List;

/**
 * A tensor that a plan makes of a source.
 *
 * @param output name, type, shape and bytes, made again when they are asked for
 * @param sources names of the tensors it is made from, as a manifest lists them
 * @param kind how
 */
public record PlannedTensor(OutputTensor output, List<String> sources, Kind kind) {
  /** How a tensor comes from its source. */
  public enum Kind {
    /** All bytes of one tensor. */
    COPIED,
    /** Parts of one tensor, which may be multiplied. */
    CUT,
    /** Computed from several tensors, or from parts of one. */
    COMPUTED,
    /** As {@link #COMPUTED}, with a part in it that was fitted on data. */
    FITTED
  }

  public PlannedTensor {
    sources = List.copyOf(sources);
  }

  /**
   * What an edit makes.
   *
   * @param source holds the tensor that is edited
   */
  public static PlannedTensor of(TensorEdit edit, TensorStore source) {
    return new PlannedTensor(
        edit.output(source),
        List.of(edit.source().name()),
        edit.isWhole() ? Kind.COPIED : Kind.CUT);
  }

  /** Where a manifest says it comes from. */
  public Origin origin() {
    return kind == Kind.COPIED ? Origin.copyOf(sources.getFirst()) : Origin.madeFrom(sources);
  }
}
