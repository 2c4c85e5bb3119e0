package io.moetool.transforms.task;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerMatchingTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "First 3, then 4.|#### 4|true",
        "It is 7. #### 12 or so 9|#### 12|true",
        "She pays $1,250.|#### 1250|true",
        "So it is 12.0.|#### 12|true",
        "It is -3|#### -3|true",
        "It is 3|#### -3|false",
        "No idea|#### 3|false",
        "3 of 4|#### 3|false"
      })
  void numbersAreEqualByValue(String written, String answer, boolean right) {
    assertThat(AnswerMatching.NUMBER.matches(written, answer)).isEqualTo(right);
  }

  @Test
  void aWordProblemEndsBeforeTheNextOne() {
    assertThat(AnswerMatching.NUMBER.complete("It is 4.\n\nAnd")).contains("It is 4.");
    assertThat(AnswerMatching.NUMBER.complete("4 Question: why\n\n")).contains("4 ");
    assertThat(AnswerMatching.NUMBER.complete("It is 4.\nOr")).isEmpty();
  }

  @Test
  void aLineMustBeTheSame() {
    assertThat(AnswerMatching.LINE.matches(" so ", "so")).isTrue();
    assertThat(AnswerMatching.LINE.matches("so it is", "so")).isFalse();
    assertThat(AnswerMatching.LINE.complete("so\nno")).contains("so");
  }
}
