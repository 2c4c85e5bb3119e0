package io.moetool.runtime.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Nodes that let the tokens of each sequence see each other. Made once for all layers with the same
 * description; what differs between layers, the weights, comes with each call.
 */
interface MixerGraph {
  /**
   * What a sequence remembers between calls, one value each.
   *
   * @param name distinguishes the values of a layer
   * @param past extents before a call: numbers, or names of extents that vary
   * @param present extents after a call
   */
  record Memory(String name, List<Object> past, List<Object> present) {
    public Memory {
      past = List.copyOf(past);
      present = List.copyOf(present);
    }

    /** A value whose extents do not grow with the sequence: {@code [batch, extents]}. */
    static Memory ofFixedExtents(String name, long... extents) {
      List<Object> dims = new ArrayList<>();
      dims.add("batch");
      Arrays.stream(extents).forEach(dims::add);
      return new Memory(name, dims, dims);
    }
  }

  /**
   * What mixing yields.
   *
   * @param output {@code [rows, H]}
   * @param present memories including this call, in the order of {@link #memories()}
   */
  record Mixed(String output, List<String> present) {
    public Mixed {
      present = List.copyOf(present);
    }
  }

  /** What is remembered. */
  List<Memory> memories();

  /**
   * Mixes.
   *
   * @param layers the layer's weights
   * @param x normed hidden states, {@code [rows, H]}
   * @param past memories in the order of {@link #memories()}, or none at the start of all sequences
   */
  Mixed mix(Layers layers, String x, List<String> past);
}
