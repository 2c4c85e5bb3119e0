package io.moetool.transforms.plan;

import io.moetool.analyzers.inspect.HeldParameters;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a checkpoint holds with fewer experts in every layer, from names and sizes alone. */
final class SizeByCount {
  private final int experts;
  private final int expertsPerToken;
  private long otherBytes;

  /** Bytes of each expert, with its part of tensors that hold something of all of them. */
  private final Map<Integer, long[]> expertBytes = new TreeMap<>();

  private long otherParameters;
  private long routerParameters;
  private long expertParameters;

  SizeByCount(Architecture architecture, TensorStore tensors) {
    this.experts = architecture.moe().experts();
    this.expertsPerToken = architecture.moe().routing().expertsPerToken();
    architecture.moe().layers().forEach(layer -> expertBytes.put(layer, new long[experts]));
    HeldParameters parameters = new HeldParameters(architecture, tensors);
    for (String name : tensors.names()) {
      TensorInfo tensor = tensors.info(name);
      Optional<TensorPlace> place =
          architecture
              .names()
              .place(name)
              .filter(p -> p.layer().isPresent() && architecture.isMoe(p.layer().getAsInt()));
      addBytes(tensor, place);
      addParameters(parameters.of(tensor), place.map(TensorPlace::role));
    }
  }

  private void addBytes(TensorInfo tensor, Optional<TensorPlace> place) {
    long[] ofLayer = place.isEmpty() ? null : expertBytes.get(place.get().layer().orElseThrow());
    if (ofLayer != null && place.get().expert().isPresent()) {
      ofLayer[place.get().expert().getAsInt()] += tensor.byteSize();
    } else if (ofLayer != null && place.get().role().isIndexedByExpert()) {
      long part = tensor.byteSize() / experts;
      Arrays.setAll(ofLayer, expert -> ofLayer[expert] + part);
    } else {
      otherBytes += tensor.byteSize();
    }
  }

  private void addParameters(long held, Optional<TensorRole> role) {
    switch (role.map(TensorRole::group).orElse(TensorRole.Group.OTHER)) {
      case ROUTER -> routerParameters += held;
      case ROUTED_EXPERTS -> expertParameters += held;
      default -> otherParameters += held;
    }
  }

  /** Bytes of all tensors if the largest so many experts of every layer stay. */
  long bytes(int kept) {
    long bytes = otherBytes;
    for (long[] sizes : expertBytes.values()) {
      bytes += Arrays.stream(sizes).sorted().skip(experts - kept).sum();
    }
    return bytes;
  }

  /** Parameters that a token meets. */
  long activeParameters(int kept) {
    return otherParameters
        + routerParameters / experts * kept
        + expertParameters / experts * expertsPerToken;
  }
}
