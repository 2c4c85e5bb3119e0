package io.moetool.analyzers.statistics;

import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The calibration data that statistics were summed over. Its position in {@code domains} is a
 * domain's index in all statistics.
 *
 * @param fingerprints one for every pass whose sums were added, in that order
 * @param domains in order of first appearance
 */
public record MeasuredData(List<String> fingerprints, List<Domain> domains) {
  public MeasuredData {
    fingerprints = List.copyOf(fingerprints);
    domains = List.copyOf(domains);
  }

  /**
   * Data of one kind.
   *
   * @param name as the data file gives it
   * @param sequences number of sequences
   * @param tokens number of tokens, without those of sources
   * @param sourceTokens number of tokens of all sources; 0 for models without an encoder
   */
  public record Domain(String name, long sequences, long tokens, long sourceTokens) {
    /** Tokens that a layer sees. */
    long seenIn(MeasuredModel model, int layer) {
      return model.readsSource(layer) ? sourceTokens : tokens;
    }
  }

  /** Describes data that is about to be measured. */
  public static MeasuredData of(SequenceData data) {
    Map<String, Domain> domains = new LinkedHashMap<>();
    for (TokenSequence sequence : data.sequences()) {
      domains.merge(
          sequence.domain(),
          new Domain(sequence.domain(), 1, sequence.length(), sequence.sourceLength()),
          MeasuredData::together);
    }
    return new MeasuredData(List.of(data.fingerprint()), List.copyOf(domains.values()));
  }

  /** The fingerprint of the data; of several passes, the SHA-256 of theirs in order. */
  public String fingerprint() {
    return fingerprints.size() == 1 ? fingerprints.getFirst() : hash(fingerprints);
  }

  /** Sequences in all domains. */
  public long sequences() {
    return domains.stream().mapToLong(Domain::sequences).sum();
  }

  /** Tokens in all domains, without those of sources. */
  public long tokens() {
    return domains.stream().mapToLong(Domain::tokens).sum();
  }

  /** Tokens of all sources; 0 for models without an encoder. */
  public long sourceTokens() {
    return domains.stream().mapToLong(Domain::sourceTokens).sum();
  }

  /** Names of the domains. */
  public List<String> domainNames() {
    return domains.stream().map(Domain::name).toList();
  }

  /** This data and then other data: domains of the same name become one, new ones follow. */
  MeasuredData plus(MeasuredData other) {
    List<String> both = new ArrayList<>(fingerprints);
    both.addAll(other.fingerprints);
    Map<String, Domain> merged = new LinkedHashMap<>();
    domains.forEach(domain -> merged.put(domain.name(), domain));
    other.domains.forEach(domain -> merged.merge(domain.name(), domain, MeasuredData::together));
    return new MeasuredData(both, List.copyOf(merged.values()));
  }

  private static Domain together(Domain a, Domain b) {
    return new Domain(
        a.name(),
        Math.addExact(a.sequences(), b.sequences()),
        Math.addExact(a.tokens(), b.tokens()),
        Math.addExact(a.sourceTokens(), b.sourceTokens()));
  }

  private static String hash(List<String> texts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      texts.forEach(text -> digest.update((text + "\n").getBytes(StandardCharsets.UTF_8)));
      return "sha256:" + HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
