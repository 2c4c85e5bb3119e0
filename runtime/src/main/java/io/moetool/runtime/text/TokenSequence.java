package io.moetool.runtime.text;

import java.util.Arrays;

/** One row of a data file as token ids. */
public final class TokenSequence {
  private static final int[] NO_SOURCE = {};

  private final String domain;
  private final int[] source;
  private final int[] tokens;

  /**
   * A sequence of at least one token.
   *
   * @param domain name the row carries, {@code "all"} where it carries none
   * @param tokens token ids; copied
   */
  public TokenSequence(String domain, int[] tokens) {
    this(domain, NO_SOURCE, tokens);
  }

  /**
   * A sequence of at least one token, predicted from a source.
   *
   * @param domain name the row carries, {@code "all"} where it carries none
   * @param source token ids that an encoder reads; copied, empty for models without an encoder
   * @param tokens token ids, in models with an encoder those of its decoder, its start token first;
   *     copied
   */
  public TokenSequence(String domain, int[] source, int[] tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("a sequence needs a token");
    }
    this.domain = domain;
    this.source = source.clone();
    this.tokens = tokens.clone();
  }

  /** Domain of the row. */
  public String domain() {
    return domain;
  }

  /** Number of tokens, without those of the source. */
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

  /** Number of tokens of the source; 0 if there is none. */
  public int sourceLength() {
    return source.length;
  }

  /** A copy of the source's ids. */
  public int[] sourceToArray() {
    return source.clone();
  }

  /** This sequence, at most {@code length} tokens of it; its source stays whole. */
  public TokenSequence cut(int length) {
    return length >= tokens.length
        ? this
        : new TokenSequence(domain, source, Arrays.copyOf(tokens, length));
  }
}
