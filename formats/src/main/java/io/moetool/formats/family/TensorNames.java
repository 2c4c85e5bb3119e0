package io.moetool.formats.family;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Names of a family's tensors, from role to name and back. */
public final class TensorNames {
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  private final Map<TensorRole, NamePattern> weights;
  private final Map<TensorRole, NamePattern> biases;
  private final List<String> otherParts;

  /**
   * Names of a checkpoint.
   *
   * @param patterns by role
   * @param otherParts beginnings of the names of what belongs to the model but not to its decoder
   */
  TensorNames(Map<TensorRole, String> patterns, List<String> otherParts) {
    this.otherParts = List.copyOf(otherParts);
    Map<TensorRole, NamePattern> byRole = new EnumMap<>(TensorRole.class);
    Map<TensorRole, NamePattern> biasByRole = new EnumMap<>(TensorRole.class);
    patterns.forEach((role, pattern) -> {
      byRole.put(role, new NamePattern(pattern));
      if (pattern.endsWith(WEIGHT)) {
        String module = pattern.substring(0, pattern.length() - WEIGHT.length());
        biasByRole.put(role, new NamePattern(module + BIAS));
      }
    });
    weights = Collections.unmodifiableMap(byRole);
    biases = Collections.unmodifiableMap(biasByRole);
  }

  /** Whether the family has tensors of this role. */
  public boolean has(TensorRole role) {
    return weights.containsKey(role);
  }

  /** Name of a tensor outside the layers. */
  public String weight(TensorRole role) {
    return weight(role, 0, 0);
  }

  /** Name of a tensor of a layer. */
  public String weight(TensorRole role, int layer) {
    return weight(role, layer, 0);
  }

  /** Name of a tensor of one expert. */
  public String weight(TensorRole role, int layer, int expert) {
    return pattern(weights, role).name(layer, expert);
  }

  /** Name of a bias of a layer. */
  public String bias(TensorRole role, int layer) {
    return pattern(biases, role).name(layer, 0);
  }

  /** Purpose and place of a stored tensor, if the family knows its name. */
  public Optional<TensorPlace> place(String name) {
    return place(weights, name, false).or(() -> place(biases, name, true));
  }

  /**
   * Whether a tensor is of another part of the model than its decoder, such as an image encoder;
   * rewriting copies it, running leaves it aside.
   */
  public boolean isOfOtherPart(String name) {
    return otherParts.stream().anyMatch(name::startsWith);
  }

  private static Optional<TensorPlace> place(
      Map<TensorRole, NamePattern> patterns, String name, boolean bias) {
    for (Map.Entry<TensorRole, NamePattern> entry : patterns.entrySet()) {
      Optional<NamePattern.Match> match = entry.getValue().match(name);
      if (match.isPresent()) {
        return Optional.of(
            new TensorPlace(entry.getKey(), match.get().layer(), match.get().expert(), bias));
      }
    }
    return Optional.empty();
  }

  private static NamePattern pattern(Map<TensorRole, NamePattern> patterns, TensorRole role) {
    NamePattern pattern = patterns.get(role);
    if (pattern == null) {
      throw new IllegalArgumentException("this family has no tensor " + role);
    }
    return pattern;
  }
}
