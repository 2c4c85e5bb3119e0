package io.moetool.formats.quantisation;

/** How the elements of a stored weight are meant. */
public sealed interface Encoding {
  /** As they stand. */
  record Plain() implements Encoding {}

  /**
   * Eight bit floats times one scale per block of the two innermost axes; the weight's second
   * tensor holds the scales, blocks by row. Blocks at the lower and right edge may be partial.
   *
   * @param rows rows of a block
   * @param columns columns of a block
   */
  record Blocks(int rows, int columns) implements Encoding {
    public Blocks {
      if (rows < 1 || columns < 1) {
        throw new IllegalArgumentException("blocks of [%d,%d]".formatted(rows, columns));
      }
    }
  }

  /**
   * Four bit floats, 32 of a row with one power of two; the weight's second tensor holds the
   * exponents.
   */
  record SharedExponents() implements Encoding {}

  /**
   * Packed in a way that is moved but not computed with.
   *
   * @param description for messages: {@code "4 bit integers packed by GPTQ"}
   */
  record Packed(String description) implements Encoding {}
}
