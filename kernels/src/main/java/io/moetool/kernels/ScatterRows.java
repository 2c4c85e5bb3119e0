package io.moetool.kernels;

/** Copies the rows an expert produced back to the slots they belong to. */
public final class ScatterRows {
  private ScatterRows() {}

  /**
   * Copies each of an expert's rows to its slot: {@code slotRows[slotRow(expert, i)] = rows[i]}.
   * Over all experts every slot is written exactly once.
   *
   * @param rows outputs of the expert, [pairs of the expert, hidden]
   * @param groups pairs by expert
   * @param expert whose pairs
   * @param slotRows receives them, row {@code t * K + k} for slot k of token t, [tokens * K,
   *     hidden]
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public static void of(FloatMatrix rows, GroupByExpert groups, int expert, FloatMatrix slotRows) {
    int count = groups.count(expert);
    if (rows.rows() != count
        || rows.columns() != slotRows.columns()
        || slotRows.rows() != groups.pairs()) {
      throw new IllegalArgumentException(
          "rows of expert %d, %s, are scattered into %s, expected [%d,%d] into [%d,%d]"
              .formatted(
                  expert, rows, slotRows, count, rows.columns(), groups.pairs(), rows.columns()));
    }
    for (int index = 0; index < count; index++) {
      slotRows.copyRowFrom(groups.slotRow(expert, index), rows, index);
    }
  }
}
