package io.moetool.formats.quantisation;

import io.moetool.formats.TensorStore;
import java.util.List;
import java.util.Optional;

/** Every weight is one plain tensor. */
public record Unquantised() implements Quantisation {
  @Override
  public String key() {
    return "";
  }

  @Override
  public List<Companion> companions() {
    return List.of();
  }

  @Override
  public Optional<StoredWeight> find(TensorStore store, String weight) {
    return store.contains(weight)
        ? Optional.of(StoredWeight.plain(store.info(weight)))
        : Optional.empty();
  }
}
