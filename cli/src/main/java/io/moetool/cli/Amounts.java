package io.moetool.cli;

import java.util.Locale;

/** Numbers as people read them, in English whatever the locale. */
final class Amounts {
  private static final String[] BYTE_UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  private static final String[] COUNT_UNITS = {
    "", " thousand", " million", " billion", " trillion"
  };

  private Amounts() {}

  /** {@code 17.1 MB}: powers of 1000, as in {@code --shard-size 5GB}. */
  static String bytes(long bytes) {
    return scaled(bytes, " ", BYTE_UNITS);
  }

  /** {@code 8.5 million}. */
  static String count(long count) {
    return scaled(count, "", COUNT_UNITS);
  }

  /** {@code 54%}, or {@code 0.4%} where it is small. */
  static String percent(double share) {
    return String.format(
        Locale.ROOT, share < 0.0995 && share > 0 ? "%.1f%%" : "%.0f%%", share * 100);
  }

  /** As percent with one decimal, for figures that are held against each other. */
  static String tenthsOfPercent(double share) {
    return String.format(Locale.ROOT, "%.1f%%", share * 100);
  }

  private static String scaled(long amount, String separator, String[] units) {
    double value = amount;
    int unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    String number =
        unit == 0
            ? Long.toString(amount)
            : String.format(Locale.ROOT, value < 99.95 ? "%.1f" : "%.0f", value);
    return number + separator + units[unit];
  }
}
