package io.moetool.transforms.plan;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.regex.Pattern;

/** How many experts are to stay in every layer. */
public sealed interface Target {
  /**
   * So many stay.
   *
   * @param experts at least 1
   */
  record Keep(int experts) implements Target {
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
  record Remove(BigDecimal share) implements Target {
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

  /** Experts that stay of so many. */
  int expertsAfter(int expertsBefore);

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
  static Target remove(String text) {
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
