package io.moetool.transforms.plan;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.regex.Pattern;

/** What is to be left of a model. */
public sealed interface Target {

  /** Says itself how many experts of a layer stay. */
  sealed interface Count extends Target {
    /** Experts that stay of so many. */
    int expertsAfter(int expertsBefore);
  }

  /**
   * So many stay in every layer.
   *
   * @param experts at least 1
   */
  record Keep(int experts) implements Count {
    public Keep {
      if (experts < 1) {
        throw new IllegalArgumentException(
            "%d experts cannot be kept; at least 1".formatted(experts));
      }
    }

    @Override
    public int expertsAfter(int expertsBefore) {
      return experts;
    }

    @Override
    public String toString() {
      return "keep " + experts;
    }
  }

  /**
   * A share goes, rounded down to whole experts.
   *
   * @param share from 0 to below 1; exact, so that 29 % of 100 are 29
   */
  record Remove(BigDecimal share) implements Count {
    public Remove {
      if (share.signum() < 0 || share.compareTo(BigDecimal.ONE) >= 0) {
        throw new IllegalArgumentException(
            "a share of %s cannot be removed; from 0%% to below 100%%".formatted(share));
      }
    }

    @Override
    public int expertsAfter(int expertsBefore) {
      return expertsBefore
          - share
              .multiply(BigDecimal.valueOf(expertsBefore))
              .setScale(0, RoundingMode.FLOOR)
              .intValueExact();
    }

    @Override
    public String toString() {
      return "remove " + share.movePointRight(2).stripTrailingZeros().toPlainString() + "%";
    }
  }

  /**
   * As many stay in every layer as fit.
   *
   * @param most bytes of all tensors of the result
   */
  record Bytes(long most) implements Target {
    public Bytes {
      if (most < 1) {
        throw new IllegalArgumentException("%d bytes hold no model; at least 1".formatted(most));
      }
    }

    @Override
    public String toString() {
      return "at most %d bytes".formatted(most);
    }
  }

  /**
   * As many stay in every layer as fit. Removing experts takes no more from the parameters that a
   * token meets than rows of routers: a token uses as many experts as before.
   *
   * @param most parameters of everything but routed experts, and of the routed experts a token uses
   */
  record ActiveParameters(long most) implements Target {
    public ActiveParameters {
      if (most < 1) {
        throw new IllegalArgumentException(
            "%d active parameters make no model; at least 1".formatted(most));
      }
    }

    @Override
    public String toString() {
      return "at most %d active parameters".formatted(most);
    }
  }

  /**
   * So many stay in each layer.
   *
   * @param experts by layer with experts, ascending
   */
  record Listed(List<Integer> experts) implements Target {
    public Listed {
      experts = List.copyOf(experts);
    }

    @Override
    public String toString() {
      return experts.stream().distinct().count() == 1
          ? "keep " + experts.getFirst()
          : "keep by layer " + experts;
    }
  }

  /** So many stay. */
  static Target keep(int experts) {
    return new Keep(experts);
  }

  /**
   * A share goes.
   *
   * @param text a percentage ({@code 50%}) or a fraction ({@code 0.5})
   * @throws IllegalArgumentException if it is neither, or not from 0 to below 1
   */
  static Count remove(String text) {
    if (!Share.FORM.matcher(text).matches()) {
      throw new IllegalArgumentException("'%s' is no share; write 50%% or 0.5".formatted(text));
    }
    return new Remove(
        text.endsWith("%")
            ? new BigDecimal(text.substring(0, text.length() - 1)).movePointLeft(2)
            : new BigDecimal(text));
  }

  /** How a share is written. */
  final class Share {
    private static final Pattern FORM = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?%?");

    private Share() {}
  }
}
