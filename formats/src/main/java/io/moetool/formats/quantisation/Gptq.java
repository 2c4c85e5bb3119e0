package io.moetool.formats.quantisation;

import io.moetool.formats.Shape;
import io.moetool.formats.TensorStore;
import java.util.List;
import java.util.Optional;

/**
 * Integers packed by GPTQ: {@code x.qweight} ({@code [in * bits / 32, out]}, int32), {@code
 * x.qzeros}, {@code x.scales} and {@code x.g_idx} for a weight {@code [out, in]}.
 *
 * @param bits bits of one element
 */
public record Gptq(int bits) implements Quantisation {
  private static final List<Companion> COMPANIONS =
      List.of(
          Companion.beside(".qweight"),
          Companion.beside(".qzeros"),
          Companion.beside(".scales"),
          Companion.beside(".g_idx"));

  @Override
  public String key() {
    return "gptq";
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
        (words, perWords) -> Shape.of(words.dim(1), perWords.applyAsLong(words.dim(0))));
  }
}
