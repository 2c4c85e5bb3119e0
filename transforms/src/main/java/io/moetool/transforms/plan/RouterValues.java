package io.moetool.transforms.plan;

import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.publish.Sha256;
import io.moetool.kernels.ElementDecoder;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The values of a model's routers as one hash. Whatever its experts are stored as, and in whatever
 * element type its routers are, another form of the same model has the same; routers of fine-tuned
 * models differ.
 */
final class RouterValues {
  private static final List<TensorRole> ROLES =
      Arrays.stream(TensorRole.values()).filter(r -> r.group() == TensorRole.Group.ROUTER).toList();

  private RouterValues() {}

  /**
   * SHA-256 of all values as little-endian float32: layer by layer the weights of its router, their
   * bias, and what is added for choosing; empty if a router is packed.
   */
  static Optional<String> hash(Architecture architecture, TensorStore tensors) {
    Sha256 hash = new Sha256();
    for (int layer : architecture.moe().layers()) {
      List<String> names = names(architecture, tensors, layer);
      if (names.isEmpty()) {
        return Optional.empty();
      }
      for (String name : names) {
        if (!ElementDecoder.supports(tensors.info(name).dtype())) {
          return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
          hash.update(ElementDecoder.decode(arena, tensors.view(name)).segment());
        }
      }
    }
    return Optional.of("sha256:" + hash.hex());
  }

  private static List<String> names(Architecture architecture, TensorStore tensors, int layer) {
    List<String> names = new ArrayList<>();
    for (TensorRole role : ROLES) {
      if (architecture.names().has(role)) {
        names.add(architecture.names().weight(role, layer));
        names.add(architecture.names().bias(role, layer));
      }
    }
    return names.stream().filter(tensors::contains).toList();
  }
}
