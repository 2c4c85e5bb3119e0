package io.moetool.transforms.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.Evaluator;
import io.moetool.transforms.evaluate.OpenModel;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ValidatorTest {
  private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final SequenceData DATA =
      new SequenceData(
          List.of(
              new TokenSequence("a", new int[] {3, 1, 4, 1, 5}),
              new TokenSequence("b", new int[] {9, 2}),
              new TokenSequence("c", new int[] {6}),
              new TokenSequence("a", new int[] {5, 3, 5})));

  @Test
  void aModelDoesNotDivergeFromItself() {
    Validation validation = validate("qwen3-moe", "qwen3-moe", Gates.NONE);
    assertThat(validation.klDivergence()).isZero();
    assertThat(validation.top1Agreement()).isEqualTo(1);
    assertThat(validation.base().meanNll()).isEqualTo(validation.candidate().meanNll());
    assertThat(validation.passed()).isTrue();
    assertThat(validation.top5Agreement()).isCloseTo(1, within(1e-6));
    assertThat(validation.acceptance()).isCloseTo(1, within(1e-6));
    Intervals intervals = validation.intervals().orElseThrow();
    assertThat(intervals.nllDifference()).isEqualTo(new Interval(0, 0));
    assertThat(intervals.perplexityRatio()).isEqualTo(new Interval(1, 1));
    assertThat(intervals.klDivergence()).isEqualTo(new Interval(0, 0));
    assertThat(validation.pValue()).isEqualTo(1);
  }

  @Test
  void aDomainOfOneSequenceTellsOfNoSpread() {
    Validation validation = validate("qwen3-moe", "qwen3-moe-raw-gates", Gates.NONE);
    // a has two sequences, b one
    assertThat(validation.domains().values())
        .extracting(domain -> domain.intervals().isPresent())
        .containsExactly(true, false);
  }

  @Test
  void thePageEscapesNamesAndNeedsNoNetwork() {
    Validation validation =
        validate("qwen3-moe", "qwen3-moe-raw-gates", Gates.maxKl(OptionalDouble.of(1e-9)));
    assertThat(ValidationReport.html("<base>", "a & b", validation))
        .contains("Base: &lt;base&gt;", "Validation of a &amp; b", "FAILED", "<svg ")
        .doesNotContain("<script", "http://", "https://", "{{");
  }

  @Test
  void bothSidesLoseWhatTheyLoseAlone() {
    Validation validation = validate("qwen3-moe", "qwen3-moe-raw-gates", Gates.NONE);
    assertThat(validation.base().meanNll())
        .isCloseTo(evaluate("qwen3-moe").meanNll(), within(1e-6));
    assertThat(validation.candidate().meanNll())
        .isCloseTo(evaluate("qwen3-moe-raw-gates").meanNll(), within(1e-6));
    assertThat(validation.klDivergence()).isPositive();
  }

  @Test
  void domainsAddUpToTheWhole() {
    Validation validation = validate("qwen3-moe", "qwen3-moe-raw-gates", Gates.NONE);
    // c has one token and predicts nothing
    assertThat(validation.domains().sequencedKeySet()).containsExactly("a", "b");
    double sum =
        validation.domains().values().stream()
            .mapToDouble(domain -> domain.tokens() * domain.klDivergence())
            .sum();
    assertThat(sum / 7).isCloseTo(validation.klDivergence(), within(1e-12));
  }

  @Test
  void aGateThatIsNotKeptFailsTheValidation() {
    Gates gates = Gates.maxKl(OptionalDouble.of(1e-9));
    Validation validation = validate("qwen3-moe", "qwen3-moe-raw-gates", gates);
    assertThat(validation.passed()).isFalse();
    assertThat(validation.gates().getFirst().actual()).isEqualTo(validation.klDivergence());
  }

  @Test
  void otherVocabulariesAreRefused() {
    assertThatThrownBy(() -> validate("qwen3-moe", "mixtral", Gates.NONE))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("its vocabulary has 64 tokens, the base's has 72");
  }

  private static Validation validate(String base, String candidate, Gates gates) {
    try (WorkPool pool = new WorkPool(2);
        OpenModel first = open(base, pool);
        OpenModel second = open(candidate, pool)) {
      return new Validator(ENGINE, pool)
          .validate(first, second, DATA, List.of(), gates, RunProgress.NONE);
    }
  }

  private static Evaluation evaluate(String name) {
    try (WorkPool pool = new WorkPool(2);
        OpenModel model = open(name, pool)) {
      return new Evaluator(ENGINE, pool).evaluate(model.model(), DATA, RunProgress.NONE);
    }
  }

  private static OpenModel open(String name, WorkPool pool) {
    return OpenModel.open(GOLDEN.resolve(name), FamilyCatalog.builtIn(), ENGINE, pool);
  }
}
