package io.moetool.formats.quantisation;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a checkpoint stores weights in other ways than as one plain tensor each. Any weight may be
 * plain all the same: routers, norms and embeddings usually are.
 */
public sealed interface Quantisation
    permits Unquantised, Float8, Mxfp4, Gptq, Awq, CompressedTensors {
  /** What the config calls it; empty if nothing is quantised. */
  String key();

  /** What tensors of a weight may be called beside, or instead of, the weight itself. */
  List<Companion> companions();

  /**
   * The tensors that hold a weight.
   *
   * @param weight its name as if it were plain
   * @return empty if it is not stored
   * @throws BadInputException if its tensors do not belong together
   */
  Optional<StoredWeight> find(TensorStore store, String weight);

  /** Names of weights that a tensor of this name may belong to, besides the one of its own name. */
  default List<String> weightsOf(String tensor) {
    return companions().stream().flatMap(c -> c.weightOf(tensor).stream()).toList();
  }

  /**
   * The weight that a stored tensor belongs to.
   *
   * @throws BadInputException if the weight's tensors do not belong together
   */
  default Optional<StoredWeight> weightWith(TensorStore store, String tensor) {
    // By its own name every tensor is a weight, also one that holds another one's scales.
    return Stream.concat(weightsOf(tensor).stream(), Stream.of(tensor))
        .flatMap(weight -> find(store, weight).stream())
        .filter(weight -> weight.tensors().stream().anyMatch(t -> t.name().equals(tensor)))
        .findFirst();
  }

  /** All stored tensors of a weight, the weight's own first. */
  default List<TensorInfo> tensorsOf(TensorStore store, String weight) {
    return Stream.concat(
            Stream.of(weight), companions().stream().flatMap(c -> c.of(weight).stream()))
        .filter(store::contains)
        .map(store::info)
        .toList();
  }
}
