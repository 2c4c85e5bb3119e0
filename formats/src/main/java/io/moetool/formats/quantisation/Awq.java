package io.moetool.formats.quantisation;

import io.moetool.formats.Shape;
import io.moetool.formats.TensorStore;
import java.util.List;
import java.util.Optional;

/**
 * Integers packed by AWQ: {@code x.qweight} ({@code [in, out * bits / 32]}, int32), {@code
 * x.qzeros} and {@code x.scales} for a weight {@code [out, in]}.
 *
 * @param bits bits of one element
 */
public record Awq(int bits) implements Quantisation {
  private static final List<Companion> COMPANIONS =
      List.of(
          Companion.beside(".qweight"), Companion.beside(".qzeros"), Companion.beside(".scales"));

  @Override
  public String key() {
    return "awq";
  }

  @Override
  public List<Companion> companions() {
    return COMPANIONS;
  }

  @Override
  public Optional<StoredWeight> find(TensorStore store, String weight) {
    return PackedWords.find(
        this,
        store,
        weight,
        bits,
        (words, perWords) -> Shape.of(perWords.applyAsLong(words.dim(1)), words.dim(0)));
  }
}
