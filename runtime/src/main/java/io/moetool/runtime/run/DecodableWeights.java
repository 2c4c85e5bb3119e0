package io.moetool.runtime.run;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorNames;
import io.moetool.formats.quantisation.Quantisation;
import io.moetool.formats.quantisation.Unquantised;
import io.moetool.kernels.WeightDecoder;

/** Refuses checkpoints with weights that cannot be computed with, before anything is computed. */
public final class DecodableWeights {
  private DecodableWeights() {}

  /**
   * Looks at the types of all weights that the family knows; reads none.
   *
   * @throws BadInputException with the first that cannot be decoded
   */
  public static void require(Architecture architecture, TensorStore store) {
    TensorNames names = architecture.names();
    Quantisation quantisation = names.quantisation();
    if (quantisation instanceof Unquantised) {
      return;
    }
    for (String tensor : store.names()) {
      if (names.place(tensor).isPresent()) {
        quantisation
            .weightWith(store, tensor)
            .ifPresent(weight -> WeightDecoder.requireDecodable(store, weight));
      }
    }
  }
}
