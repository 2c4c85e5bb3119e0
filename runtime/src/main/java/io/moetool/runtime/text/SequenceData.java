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

  /** Tokens in all sequences. */
  public long tokens() {
    return sequences.stream().mapToLong(TokenSequence::length).sum();
  }

  /** Tokens that are predicted in all sequences. */
  public long predicted() {
    return sequences.stream().mapToLong(TokenSequence::predicted).sum();
  }

  /** Length of the longest sequence. */
  public int longest() {
    return sequences.stream().mapToInt(TokenSequence::length).max().orElseThrow();
  }

  /** Names of the domains, in order of first appearance. */
  public List<String> domains() {
    return sequences.stream().map(TokenSequence::domain).distinct().toList();
  }

  /** {@code sha256:} and the hash of all domains and token ids in order. */
  public String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (TokenSequence sequence : sequences) {
        byte[] domain = sequence.domain().getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes =
            ByteBuffer.allocate(8 + domain.length + 4 * sequence.length())
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(domain.length).put(domain).putInt(sequence.length());
        for (int position = 0; position < sequence.length(); position++) {
          bytes.putInt(sequence.token(position));
        }
        digest.update(bytes.array());
      }
      return "sha256:" + HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
