package io.moetool.analyzers.statistics;

/** What is summed over all entries w of an expert's matrices, {@code [E]}. */
public enum WeightStatistic {
  /** Σ |w|. */
  ABS_SUM("absSum"),
  /** Σ w². */
  SQUARE_SUM("squareSum"),
  /** Largest |w|. */
  MAX_ABS("maxAbs"),
  /** Number of entries. */
  COUNT("count");

  private final String key;

  WeightStatistic(String key) {
    this.key = key;
  }

  /** Name in files. */
  public String key() {
    return key;
  }
}
