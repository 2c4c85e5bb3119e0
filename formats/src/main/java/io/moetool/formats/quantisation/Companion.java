package io.moetool.formats.quantisation;

import java.util.Optional;

/**
 * What the name of a tensor has in place of the end of its weight's name: {@code x.qweight} for
 * {@code x.weight} is {@code (".qweight", ".weight")}, {@code x.weight_scale_inv} is {@code
 * ("_scale_inv", "")}.
 *
 * @param ending end of the tensor's name
 * @param inWeight what the weight's name ends with instead; may be empty
 */
public record Companion(String ending, String inWeight) {
  /** A tensor whose name continues that of its weight. */
  static Companion appended(String ending) {
    return new Companion(ending, "");
  }

  /** A tensor in the same module as the tensor {@code weight}. */
  static Companion beside(String ending) {
    return new Companion(ending, ".weight");
  }

  /** The tensor's name, if a weight of that name can have one. */
  public Optional<String> of(String weight) {
    return weight.endsWith(inWeight)
        ? Optional.of(weight.substring(0, weight.length() - inWeight.length()) + ending)
        : Optional.empty();
  }

  /** The weight's name, if a tensor of that name can be its companion. */
  public Optional<String> weightOf(String tensor) {
    return tensor.endsWith(ending)
        ? Optional.of(tensor.substring(0, tensor.length() - ending.length()) + inWeight)
        : Optional.empty();
  }
}
