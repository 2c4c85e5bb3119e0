package io.moetool.runtime.text;

import java.util.Arrays;

/** One row of a data file as token ids. */
public final class TokenSequence {
  private final String domain;
  private final int[] tokens;

  /**
   * A sequence of at least one token.
   *
   * @param domain name the row carries, {@code "all"} where it carries none
   * @param tokens token ids; copied
   */
  public TokenSequence(String domain, int[] tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("a sequence needs a token");
    }
    this.domain = domain;
    this.tokens = tokens.clone();
  }

  /** Domain of the row. */
  public String domain() {
    return domain;
  }

  /** Number of tokens. */
  public int length() {
    return tokens.length;
  }

  /** Tokens that are predicted: all but the first. */
  public int predicted() {
    return tokens.length - 1;
  }

  /** Token id at a position. */
  public int token(int position) {
    return tokens[position];
  }

  /** A copy of the ids. */
  public int[] toArray() {
    return tokens.clone();
  }

  /** This sequence, at most {@code length} tokens of it. */
  public TokenSequence cut(int length) {
    return length >= tokens.length
        ? this
        : new TokenSequence(domain, Arrays.copyOf(tokens, length));
  }
}
