package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.quantisation.Quantisation;
import io.moetool.formats.quantisation.StoredWeight;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * Names of a family's tensors in one checkpoint, from role to name and back. A quantised weight
 * goes by the name it would have as a plain tensor; the tensors it is stored in lead back to it.
 */
public final class TensorNames {
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  private final Map<TensorRole, NamePattern> weights;
  private final Map<TensorRole, NamePattern> biases;
  private final Map<TensorRole, NamePattern> encoderWeights;
  private final Map<TensorRole, NamePattern> encoderBiases;
  private final int encoderLayers;
  private final Quantisation quantisation;
  private final List<String> otherParts;

  /**
   * Names of a checkpoint.
   *
   * @param patterns by role
   * @param encoderPatterns those of an encoder's layers; empty without one
   * @param encoderLayers how many layers that has; the model's layers are counted from its first
   *     one, names of either part from zero
   * @param quantisation how weights are stored
   * @param otherParts beginnings of the names of what belongs to the model but not to its decoder
   */
  TensorNames(
      Map<TensorRole, String> patterns,
      Map<TensorRole, String> encoderPatterns,
      int encoderLayers,
      Quantisation quantisation,
      List<String> otherParts) {
    this.quantisation = quantisation;
    this.otherParts = List.copyOf(otherParts);
    this.encoderLayers = encoderLayers;
    weights = byRole(patterns, UnaryOperator.identity());
    biases = byRole(patterns, TensorNames::biasOf);
    encoderWeights = byRole(encoderPatterns, UnaryOperator.identity());
    encoderBiases = byRole(encoderPatterns, TensorNames::biasOf);
  }

  private static Map<TensorRole, NamePattern> byRole(
      Map<TensorRole, String> patterns, UnaryOperator<String> name) {
    Map<TensorRole, NamePattern> byRole = new EnumMap<>(TensorRole.class);
    patterns.forEach((role, pattern) -> byRole.put(role, new NamePattern(name.apply(pattern))));
    return Collections.unmodifiableMap(byRole);
  }

  /** {@code x.bias} of {@code x.weight}; {@code x_bias} of {@code x}, which is no module. */
  private static String biasOf(String weight) {
    return weight.endsWith(WEIGHT)
        ? weight.substring(0, weight.length() - WEIGHT.length()) + BIAS
        : weight + "_bias";
  }

  /** How the weights are stored. */
  public Quantisation quantisation() {
    return quantisation;
  }

  /** Whether the family has tensors of this role. */
  public boolean has(TensorRole role) {
    return weights.containsKey(role);
  }

  /** Name of a tensor outside the layers. */
  public String weight(TensorRole role) {
    return weight(role, encoderLayers, 0);
  }

  /** Name of a tensor of a layer. */
  public String weight(TensorRole role, int layer) {
    return weight(role, layer, 0);
  }

  /** Name of a tensor of one expert. */
  public String weight(TensorRole role, int layer, int expert) {
    return name(weights, encoderWeights, role, layer, expert);
  }

  /** Name of a bias of a layer. */
  public String bias(TensorRole role, int layer) {
    return name(biases, encoderBiases, role, layer, 0);
  }

  /** The tensors that hold a weight outside the layers. */
  public StoredWeight stored(TensorStore store, TensorRole role) {
    return stored(store, role, encoderLayers, 0);
  }

  /** The tensors that hold a weight of a layer. */
  public StoredWeight stored(TensorStore store, TensorRole role, int layer) {
    return stored(store, role, layer, 0);
  }

  /**
   * The tensors that hold a weight of one expert.
   *
   * @throws BadInputException if it is not stored, or its tensors do not belong together
   */
  public StoredWeight stored(TensorStore store, TensorRole role, int layer, int expert) {
    return stored(store, weight(role, layer, expert));
  }

  /**
   * The tensors that hold a weight of this name.
   *
   * @throws BadInputException if it is not stored, or its tensors do not belong together
   */
  public StoredWeight stored(TensorStore store, String weight) {
    // A store says best itself that it does not have a tensor.
    return quantisation.find(store, weight).orElseGet(() -> StoredWeight.plain(store.info(weight)));
  }

  /**
   * Purpose and place of a stored tensor, if the family knows its name or that of the weight it is
   * a part of.
   */
  public Optional<TensorPlace> place(String name) {
    return placeOfWeight(name)
        .or(() -> place(encoderBiases, name, true).map(this::inEncoder))
        .or(() -> place(biases, name, true).map(this::inDecoder))
        .or(() ->
            quantisation.weightsOf(name).stream()
                .flatMap(weight -> placeOfWeight(weight).stream())
                .findFirst());
  }

  private Optional<TensorPlace> placeOfWeight(String name) {
    return place(encoderWeights, name, false)
        .map(this::inEncoder)
        .or(() -> place(weights, name, false).map(this::inDecoder));
  }

  /** The place among all layers; layers after the encoder's last one are none of the model's. */
  private TensorPlace inEncoder(TensorPlace place) {
    return place.layer().isPresent() && place.layer().getAsInt() >= encoderLayers
        ? place.withLayer(OptionalInt.empty())
        : place;
  }

  private TensorPlace inDecoder(TensorPlace place) {
    return place.layer().isPresent()
        ? place.withLayer(OptionalInt.of(place.layer().getAsInt() + encoderLayers))
        : place;
  }

  /** The layer that a tensor of this name would be in, whether or not there is such a layer. */
  OptionalInt layerOf(String name) {
    OptionalInt inEncoder =
        encoderWeights.containsKey(TensorRole.ROUTER)
            ? pattern(encoderWeights, TensorRole.ROUTER).layerOf(name)
            : OptionalInt.empty();
    if (inEncoder.isPresent()) {
      return inEncoder.getAsInt() < encoderLayers ? inEncoder : OptionalInt.empty();
    }
    OptionalInt inDecoder = pattern(weights, TensorRole.ROUTER).layerOf(name);
    return inDecoder.isPresent() ? OptionalInt.of(inDecoder.getAsInt() + encoderLayers) : inDecoder;
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

  private String name(
      Map<TensorRole, NamePattern> patterns,
      Map<TensorRole, NamePattern> encoderPatterns,
      TensorRole role,
      int layer,
      int expert) {
    return layer < encoderLayers && encoderPatterns.containsKey(role)
        ? pattern(encoderPatterns, role).name(layer, expert)
        : pattern(patterns, role).name(Math.max(0, layer - encoderLayers), expert);
  }

  private static NamePattern pattern(Map<TensorRole, NamePattern> patterns, TensorRole role) {
    NamePattern pattern = patterns.get(role);
    if (pattern == null) {
      throw new IllegalArgumentException("this family has no tensor " + role);
    }
    return pattern;
  }
}
