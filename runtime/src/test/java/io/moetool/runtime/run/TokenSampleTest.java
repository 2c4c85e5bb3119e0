package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TokenSampleTest {
  @Test
  void takesEveryTokenOfLittleData() {
    TokenSample sample = TokenSample.evenly(data("a", 3, "b", 1, "a", 2), 6);
    assertThat(places(sample)).containsExactly("0:0", "0:1", "0:2", "1:0", "2:0", "2:1");
  }

  /**
   * Stretches of the row a a a a a a a a | b b b b are 3 long; of them the token floor(3 · frac(i ·
   * 0.618…)) = 0, 1, 0, 2 is taken.
   */
  @Test
  void takesOneTokenOfEveryStretchOfADomain() {
    TokenSample sample = TokenSample.evenly(data("a", 4, "b", 4, "a", 4), 4);
    assertThat(places(sample)).containsExactly("0:0", "1:3", "2:0", "2:2");
    assertThat(sample.from(1)).isEqualTo(1);
    assertThat(sample.from(3)).isEqualTo(sample.tokens()).isEqualTo(4);
  }

  @Test
  void domainsAndSequencesCountByTheirTokens() {
    SequenceData data = data("a", 600, "b", 300, "a", 100);
    TokenSample sample = TokenSample.evenly(data, 100);
    assertThat(sample.tokens()).isEqualTo(100);
    assertThat(sample.from(1)).isEqualTo(60);
    assertThat(sample.from(2) - sample.from(1)).isEqualTo(30);
  }

  @Test
  void sequencesOfEqualLengthAreLookedAtInDifferentPlaces() {
    List<Object> sequences = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      sequences.add("a");
      sequences.add(64);
    }
    TokenSample sample = TokenSample.evenly(data(sequences.toArray()), 64);
    Set<Integer> positions = new HashSet<>();
    for (int token = 0; token < sample.tokens(); token++) {
      positions.add(sample.position(token));
    }
    assertThat(positions).hasSizeGreaterThan(32);
  }

  private static List<String> places(TokenSample sample) {
    List<String> places = new ArrayList<>();
    for (int sequence = 0; sequence < sample.sequences(); sequence++) {
      for (int token = sample.from(sequence); token < sample.from(sequence + 1); token++) {
        places.add(sequence + ":" + sample.position(token));
      }
    }
    return places;
  }

  /** Domain and length by turns. */
  private static SequenceData data(Object... domainsAndLengths) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < domainsAndLengths.length; i += 2) {
      sequences.add(
          new TokenSequence(
              String.valueOf(domainsAndLengths[i]), new int[(int) domainsAndLengths[i + 1]]));
    }
    return new SequenceData(sequences);
  }
}
