package io.moetool.formats.quantisation;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/** Weights whose elements lie in the 32 bit words of a tensor {@code qweight}. */
final class PackedWords {
  private static final int WORD = 32;

  private PackedWords() {}

  /** The extents of a weight, from those of its words and how many elements words hold. */
  interface Unpacked {
    Shape of(Shape words, LongUnaryOperator elements);
  }

  /**
   * A plain weight, or a packed one.
   *
   * @throws BadInputException if it is stored both ways, lacks a tensor, or its words make no
   *     matrix
   */
  static Optional<StoredWeight> find(
      Quantisation quantisation, TensorStore store, String weight, int bits, Unpacked unpacked) {
    List<TensorInfo> tensors = quantisation.tensorsOf(store, weight);
    if (tensors.isEmpty()) {
      return Optional.empty();
    }
    TensorInfo first = tensors.getFirst();
    String where = store.location(first.name()) + ": tensor " + first.name();
    if (first.name().equals(weight)) {
      if (tensors.size() > 1) {
        throw new BadInputException(
            where,
            "is stored as it is and packed too: " + tensors.get(1).name(),
            "download the checkpoint again");
      }
      return Optional.of(StoredWeight.plain(first));
    }
    // The first three companions are the words, the zero points and the scales.
    for (Companion needed : quantisation.companions().subList(0, 3)) {
      String name = needed.of(weight).orElse(weight);
      if (!store.contains(name)) {
        throw new BadInputException(
            where, "is stored, but not " + name, "download the checkpoint again");
      }
    }
    Shape words = first.shape();
    if (first.dtype() != DType.I32 || words.rank() != 2) {
      throw new BadInputException(
          where,
          "%s%s is no matrix of 32 bit words".formatted(first.dtype(), words),
          "check quant_method under quantization_config in config.json");
    }
    Shape shape = unpacked.of(words, count -> elements(where, count, bits));
    return Optional.of(
        new StoredWeight(
            weight,
            shape,
            new Encoding.Packed(
                "%d bit integers packed by %s"
                    .formatted(bits, quantisation.key().toUpperCase(Locale.ROOT))),
            tensors));
  }

  private static long elements(String where, long words, int bits) {
    long allBits = Math.multiplyExact(words, (long) WORD);
    if (allBits % bits != 0) {
      throw new BadInputException(
          where,
          "%d words hold no whole number of %d bit integers".formatted(words, bits),
          "check bits under quantization_config in config.json");
    }
    return allBits / bits;
  }
}
