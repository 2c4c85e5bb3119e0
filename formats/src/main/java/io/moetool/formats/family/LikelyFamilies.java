package io.moetool.formats.family;

import io.moetool.formats.quantisation.Quantisation;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The families whose tensor names are most like those of a checkpoint of an unknown type. Names
 * tell nothing about how a model computes, so several families may be equally alike.
 *
 * @param modelTypes a model type of each
 * @param known how many of the stored names they know
 * @param stored how many names there are
 */
record LikelyFamilies(List<String> modelTypes, long known, int stored) {
  /** Unlike families share the names of embedding, norms and attention too. */
  private static final double LEAST_SHARE = 0.5;

  /**
   * The most alike; empty if no family knows more than half of the names.
   *
   * @param stored names of the checkpoint's tensors
   */
  static Optional<LikelyFamilies> of(
      List<Family> families, Quantisation quantisation, Set<String> stored) {
    long most = 0;
    List<String> alike = List.of();
    for (Family family : families) {
      TensorNames names = family.names(quantisation, stored);
      long known = stored.stream().filter(name -> names.place(name).isPresent()).count();
      String type = family.modelTypes().getFirst();
      if (known > most) {
        most = known;
        alike = List.of(type);
      } else if (known == most) {
        alike = Stream.concat(alike.stream(), Stream.of(type)).toList();
      }
    }
    return most > LEAST_SHARE * stored.size()
        ? Optional.of(new LikelyFamilies(alike, most, stored.size()))
        : Optional.empty();
  }

  /** What speaks for them. */
  String evidence() {
    return "%d of its %d tensor names are those of %s"
        .formatted(known, stored, String.join(", ", modelTypes));
  }
}
