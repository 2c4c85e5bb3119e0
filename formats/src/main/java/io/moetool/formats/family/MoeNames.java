package io.moetool.formats.family;

import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Where the names of a layer's mixture-of-experts block begin, read off the names of its tensors.
 */
public final class MoeNames {
  private static final Pattern EXPERT = Pattern.compile("0|[1-9][0-9]{0,8}");

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
   * @param name of expert {@code from} in this layer, of one of its modules or tensors
   */
  public String renumbered(String name, int layer, int from, int to) {
    String prefix = expertPrefix(layer);
    String old = prefix + from;
    if (!name.startsWith(old + ".") && !name.equals(old)) {
      throw new IllegalArgumentException(
          "%s is not of expert %d in layer %d".formatted(name, from, layer));
    }
    return prefix + to + name.substring(old.length());
  }

  /**
   * The expert that a module is, or belongs to.
   *
   * @param module name of a module or tensor, or any other text
   */
  public OptionalInt expertOf(String module, int layer) {
    if (new ExpertTensors(names).areStacked() || !module.startsWith(expertPrefix(layer))) {
      return OptionalInt.empty();
    }
    String rest = module.substring(expertPrefix(layer).length());
    int end = rest.indexOf('.') < 0 ? rest.length() : rest.indexOf('.');
    return EXPERT.matcher(rest.substring(0, end)).matches()
        ? OptionalInt.of(Integer.parseInt(rest.substring(0, end)))
        : OptionalInt.empty();
  }

  private String expertPrefix(int layer) {
    return commonPrefix(
        names.weight(new ExpertTensors(names).first(), layer, 0),
        names.weight(new ExpertTensors(names).first(), layer, 1));
  }

  private static String commonPrefix(String a, String b) {
    int length = 0;
    while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
      length++;
    }
    return a.substring(0, length);
  }
}
