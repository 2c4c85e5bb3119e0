package io.moetool.kernels;

import java.util.Objects;

/**
 * For each expert the (token, slot) pairs that chose it, so that an expert's products run as one
 * batch. Pairs are in ascending order of token, then slot; all experts' pairs lie one expert after
 * the other (compressed sparse rows). Immutable.
 */
public final class GroupByExpert {
  private final int slotsPerToken;
  private final int[] offsets;
  private final int[] tokens;
  private final int[] slots;

  private GroupByExpert(int slotsPerToken, int[] offsets, int[] tokens, int[] slots) {
    this.slotsPerToken = slotsPerToken;
    this.offsets = offsets;
    this.tokens = tokens;
    this.slots = slots;
  }

  /**
   * Groups a batch of routed tokens.
   *
   * @param selected expert of every slot, [tokens, K]
   * @param experts number of experts; every selected one is below it
   */
  public static GroupByExpert of(IntMatrix selected, int experts) {
    int k = selected.columns();
    int pairs = Math.multiplyExact(selected.rows(), k);
    int[] offsets = new int[experts + 1];
    for (int token = 0; token < selected.rows(); token++) {
      for (int slot = 0; slot < k; slot++) {
        offsets[checked(selected, token, slot, experts) + 1]++;
      }
    }
    for (int expert = 0; expert < experts; expert++) {
      offsets[expert + 1] += offsets[expert];
    }
    int[] next = offsets.clone();
    int[] tokens = new int[pairs];
    int[] slots = new int[pairs];
    for (int token = 0; token < selected.rows(); token++) {
      for (int slot = 0; slot < k; slot++) {
        int place = next[selected.get(token, slot)]++;
        tokens[place] = token;
        slots[place] = slot;
      }
    }
    return new GroupByExpert(k, offsets, tokens, slots);
  }

  private static int checked(IntMatrix selected, int token, int slot, int experts) {
    int expert = selected.get(token, slot);
    if (expert < 0 || expert >= experts) {
      throw new IllegalArgumentException(
          "token %d, slot %d: expert %d of %d".formatted(token, slot, expert, experts));
    }
    return expert;
  }

  /** Number of experts. */
  public int experts() {
    return offsets.length - 1;
  }

  /** Number of slots per token, K. */
  public int slotsPerToken() {
    return slotsPerToken;
  }

  /** Number of pairs over all experts, tokens * K. */
  public int pairs() {
    return tokens.length;
  }

  /** Number of pairs that chose {@code expert}. */
  public int count(int expert) {
    Objects.checkIndex(expert, experts());
    return offsets[expert + 1] - offsets[expert];
  }

  /** Where the pairs of {@code expert} start among all {@link #pairs()}. */
  public int start(int expert) {
    Objects.checkIndex(expert, experts());
    return offsets[expert];
  }

  /** Token of pair {@code index} of {@code expert}. */
  public int token(int expert, int index) {
    return tokens[place(expert, index)];
  }

  /** Slot of pair {@code index} of {@code expert}. */
  public int slot(int expert, int index) {
    return slots[place(expert, index)];
  }

  /**
   * Row {@code token * K + slot} of pair {@code index} of {@code expert}, as in {@link
   * ScatterRows}.
   */
  public int slotRow(int expert, int index) {
    int place = place(expert, index);
    return tokens[place] * slotsPerToken + slots[place];
  }

  private int place(int expert, int index) {
    return start(expert) + Objects.checkIndex(index, count(expert));
  }
}
