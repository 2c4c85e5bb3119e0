package io.moetool.runtime.graph;

import io.moetool.formats.onnx.OnnxType;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How weights of an exported model are stored. It computes in float32 whatever that is.
 *
 * @param weights element type of matrices: float32, float16 or bfloat16. Routers, norms and other
 *     vectors stay float32
 * @param experts integers of the routed experts; empty if they are stored like other matrices
 * @param kept by layer, experts that are not stored as integers
 */
public record ExportPrecision(
    OnnxType weights, Optional<ExpertIntegers> experts, Map<Integer, Set<Integer>> kept) {
  /** Everything in float32. */
  public static final ExportPrecision FLOAT32 =
      new ExportPrecision(OnnxType.FLOAT, Optional.empty(), Map.of());

  public ExportPrecision {
    kept = Map.copyOf(kept);
  }

  /** Experts of a layer that are not stored as integers though others are. */
  public Set<Integer> kept(int layer) {
    return experts.isPresent() ? kept.getOrDefault(layer, Set.of()) : Set.of();
  }

  /** The integers an expert's weights are stored as, if they are. */
  Optional<ExpertIntegers> experts(int layer, int expert) {
    return kept(layer).contains(expert) ? Optional.empty() : experts;
  }
}
