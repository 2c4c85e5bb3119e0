package io.moetool.transforms.task;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** When a text that a model wrote is the right answer, and where it ends. */
public enum AnswerMatching {
  /**
   * The number after {@code ####}, as in GSM8K (Cobbe et al. 2021); of a text without that, the
   * last number in it. Numbers are equal if their values are: {@code 1,000.0} is {@code 1000}.
   */
  NUMBER(Pattern.compile("Question:|\n\n")) {
    @Override
    boolean matches(String written, String answer) {
      Optional<BigDecimal> expected = number(answer);
      return expected.isPresent()
          && number(written).filter(found -> found.compareTo(expected.get()) == 0).isPresent();
    }
  },
  /** The same text, white space at both ends apart. */
  LINE(Pattern.compile("\n")) {
    @Override
    boolean matches(String written, String answer) {
      return written.strip().equals(answer.strip());
    }
  };

  /** What GSM8K writes before the result. */
  static final String RESULT = "####";

  private static final Pattern DIGITS = Pattern.compile("-?\\$?\\d[\\d,]*(?:\\.\\d+)?");

  private final Pattern end;

  AnswerMatching(Pattern end) {
    this.end = end;
  }

  abstract boolean matches(String written, String answer);

  /** Where an answer ends in a text, if it does. */
  Optional<String> complete(String written) {
    Matcher found = end.matcher(written);
    return found.find() ? Optional.of(written.substring(0, found.start())) : Optional.empty();
  }

  /** The number that a text arrives at. */
  static Optional<BigDecimal> number(String text) {
    int mark = text.indexOf(RESULT);
    if (mark >= 0) {
      Matcher after = DIGITS.matcher(text).region(mark + RESULT.length(), text.length());
      if (after.find()) {
        return Optional.of(value(after.group()));
      }
    }
    return DIGITS
        .matcher(text)
        .results()
        .map(found -> value(found.group()))
        .reduce((_, last) -> last);
  }

  private static BigDecimal value(String digits) {
    return new BigDecimal(digits.replace(",", "").replace("$", ""));
  }
}
