package io.moetool.analyzers.inspect;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.quantisation.StoredWeight;
import java.util.Optional;

/** How many parameters the tensors of a checkpoint hold, whatever they are stored as. */
public final class HeldParameters {
  private final Architecture architecture;
  private final TensorStore tensors;

  /** Of one checkpoint; only types and shapes are looked at. */
  public HeldParameters(Architecture architecture, TensorStore tensors) {
    this.architecture = architecture;
    this.tensors = tensors;
  }

  /** Elements of the weight whose elements a tensor holds; none for scales. */
  public long of(TensorInfo tensor) {
    Optional<StoredWeight> weight;
    try {
      weight = architecture.names().quantisation().weightWith(tensors, tensor.name());
    } catch (BadInputException e) {
      // A finding says so; what is stored is all that is known.
      weight = Optional.empty();
    }
    return weight.isEmpty() || weight.get().elements().equals(tensor)
        ? weight.map(StoredWeight::shape).orElse(tensor.shape()).elements()
        : 0;
  }
}
