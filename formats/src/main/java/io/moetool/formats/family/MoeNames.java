package io.moetool.formats.family;

/**
 * Where the names of a layer's mixture-of-experts block begin, read off the names of its tensors.
 */
public final class MoeNames {
  private final TensorNames names;

  /** The names of a family. */
  public MoeNames(TensorNames names) {
    this.names = names;
  }

  /** Beginning of all names in the block, router and experts alike; ends in a dot. */
  public String blockPrefix(int layer) {
    String common =
        commonPrefix(
            names.weight(TensorRole.ROUTER, layer),
            names.weight(new ExpertTensors(names).first(), layer, 0));
    return common.substring(0, common.lastIndexOf('.') + 1);
  }

  /**
   * The name with another expert's number.
   *
   * @param name of a tensor of expert {@code from} in this layer
   */
  public String renumbered(String name, int layer, int from, int to) {
    String prefix = expertPrefix(layer);
    String old = prefix + from;
    if (!name.startsWith(old + ".")) {
      throw new IllegalArgumentException(
          "%s is not of expert %d in layer %d".formatted(name, from, layer));
    }
    return prefix + to + name.substring(old.length());
  }

  private String expertPrefix(int layer) {
    return commonPrefix(
        names.weight(TensorRole.EXPERT_GATE, layer, 0),
        names.weight(TensorRole.EXPERT_GATE, layer, 1));
  }

  private static String commonPrefix(String a, String b) {
    int length = 0;
    while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
      length++;
    }
    return a.substring(0, length);
  }
}
