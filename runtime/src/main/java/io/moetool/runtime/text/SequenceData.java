package io.moetool.runtime.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Token sequences in file order. Their order is part of every result: sums are added in it.
 *
 * @param sequences at least one sequence
 */
public record SequenceData(List<TokenSequence> sequences) {
  public SequenceData {
    sequences = List.copyOf(sequences);
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException("data without a sequence");
    }
  }

  /** Tokens in all sequences, without those of sources. */
  public long tokens() {
    return sequences.stream().mapToLong(TokenSequence::length).sum();
  }

  /** Tokens of all sources. */
  public long sourceTokens() {
    return sequences.stream().mapToLong(TokenSequence::sourceLength).sum();
  }

  /** Tokens of the longest sequence or source. */
  public int longest() {
    return sequences.stream()
        .mapToInt(sequence -> Math.max(sequence.length(), sequence.sourceLength()))
        .max()
        .orElse(0);
  }

  /** The sources as sequences of their own; every sequence must have one. */
  public SequenceData sourcesAlone() {
    return new SequenceData(
        sequences.stream()
            .map(sequence -> new TokenSequence(sequence.domain(), sequence.sourceToArray()))
            .toList());
  }

  /**
   * What a decoder behind an encoder reads while it predicts all tokens: each sequence without its
   * last token, which ends the text and is never read. A sequence of one token stays.
   */
  public SequenceData withoutLastTokens() {
    return new SequenceData(
        sequences.stream()
            .map(sequence -> sequence.cut(Math.max(1, sequence.length() - 1)))
            .toList());
  }

  /** Token ids of the sequences, without their sources. */
  public List<int[]> texts() {
    return sequences.stream().map(TokenSequence::toArray).toList();
  }

  /** Token ids of the sequences' sources. */
  public List<int[]> sources() {
    return sequences.stream().map(TokenSequence::sourceToArray).toList();
  }

  /** Tokens that are predicted in all sequences. */
  public long predicted() {
    return sequences.stream().mapToLong(TokenSequence::predicted).sum();
  }

  /** Names of the domains, in order of first appearance. */
  public List<String> domains() {
    return sequences.stream().map(TokenSequence::domain).distinct().toList();
  }

  /** {@code sha256:} and the hash of all domains, token ids and sources in order. */
  public String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (TokenSequence sequence : sequences) {
        digest.update(bytes(sequence));
      }
      return "sha256:" + HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** A source is told from a further sequence by the sign of the length before it. */
  private static byte[] bytes(TokenSequence sequence) {
    byte[] domain = sequence.domain().getBytes(StandardCharsets.UTF_8);
    int[] source = sequence.sourceToArray();
    int ofSource = source.length == 0 ? 0 : 4 + 4 * source.length;
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + domain.length + 4 * sequence.length() + ofSource)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(domain.length).put(domain).putInt(sequence.length());
    for (int id : sequence.toArray()) {
      bytes.putInt(id);
    }
    if (source.length > 0) {
      bytes.putInt(-source.length);
      for (int id : source) {
        bytes.putInt(id);
      }
    }
    return bytes.array();
  }
}
