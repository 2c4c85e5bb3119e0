package io.moetool.formats.family;

import io.moetool.formats.quantisation.Quantisation;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The families whose tensor names are most like those of a checkpoint of an unknown type. Names
 * tell nothing about how a model computes, so several families may be equally alike.
 *
 * @param evidence what the config says about each, the one with the fewest differences first
 * @param known how many of the stored names they know
 * @param stored how many names there are
 */
record LikelyFamilies(List<ConfigEvidence> evidence, long known, int stored) {
  /** Unlike families share the names of embedding, norms and attention too. */
  private static final double LEAST_SHARE = 0.5;

  /**
   * The most alike; empty if no family knows more than half of the names.
   *
   * @param stored names of the checkpoint's tensors
   */
  static Optional<LikelyFamilies> of(
      List<Family> families, ModelConfig config, Set<String> stored) {
    Quantisation quantisation = QuantisationReader.read(config);
    long most = 0;
    List<Family> alike = List.of();
    for (Family family : families) {
      TensorNames names = family.names(quantisation, stored, 0);
      long known = stored.stream().filter(name -> names.place(name).isPresent()).count();
      if (known > most) {
        most = known;
        alike = List.of(family);
      } else if (known == most) {
        alike = Stream.concat(alike.stream(), Stream.of(family)).toList();
      }
    }
    if (most <= LEAST_SHARE * stored.size()) {
      return Optional.empty();
    }
    List<ConfigEvidence> evidence =
        alike.stream()
            .map(family -> ConfigEvidence.of(family, config, stored))
            .sorted(Comparator.comparingInt(ConfigEvidence::differences))
            .toList();
    return Optional.of(new LikelyFamilies(evidence, most, stored.size()));
  }

  /** What speaks for them, and against. */
  String text() {
    return "%d of its %d tensor names are those of %s%s"
        .formatted(
            known,
            stored,
            evidence.stream().map(ConfigEvidence::modelType).collect(Collectors.joining(", ")),
            evidence.stream().map(e -> "\n  - " + e.line()).collect(Collectors.joining()));
  }
}
