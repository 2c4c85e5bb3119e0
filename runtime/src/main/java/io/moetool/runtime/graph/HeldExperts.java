package io.moetool.runtime.graph;

import io.moetool.formats.family.Architecture;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The experts that an exported model holds, layer by layer: unlike a checkpoint's, their number may
 * differ from layer to layer, and rows of a router may share one.
 *
 * @param layers by layer
 */
public record HeldExperts(Map<Integer, Layer> layers) {
  public HeldExperts {
    layers = Collections.unmodifiableMap(new TreeMap<>(layers));
  }

  /**
   * The experts of a layer.
   *
   * @param count how many are stored
   * @param map for each row of the router the expert that it leads to; empty if row i leads to
   *     expert i
   */
  public record Layer(int count, List<Integer> map) {
    public Layer {
      map = List.copyOf(map);
      for (int expert : map) {
        Objects.checkIndex(expert, count);
      }
    }

    /** A row of the router for each. */
    public static Layer each(int count) {
      return new Layer(count, List.of());
    }

    /** Rows of the router. */
    int rows() {
      return map.isEmpty() ? count : map.size();
    }

    /** Whether rows of the router share experts. */
    boolean isMapped() {
      return !map.isEmpty();
    }
  }

  /** As many in each layer as a checkpoint has. */
  public static HeldExperts of(Architecture architecture) {
    return new HeldExperts(
        architecture.moe().layers().stream()
            .collect(
                Collectors.toMap(
                    Function.identity(), _ -> Layer.each(architecture.moe().experts()))));
  }

  /** The experts of a layer that has some. */
  public Layer layer(int layer) {
    return Objects.requireNonNull(layers.get(layer), "layer without experts");
  }

  /** The largest number in a layer. */
  public int most() {
    return layers.values().stream().mapToInt(Layer::count).max().orElse(0);
  }
}
