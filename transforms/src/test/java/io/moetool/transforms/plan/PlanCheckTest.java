package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.formats.BadInputException;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import io.moetool.transforms.prune.Pruner;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Edits the text of a sound plan, as people do. */
class PlanCheckTest {
  @TempDir Path folder;
  private SourceModel source;
  private String text;

  @BeforeEach
  void plan() {
    source = new TinyCheckpoint().open(folder.resolve("model"), 1);
    Planner planner =
        new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test");
    Evidence evidence = TinyEvidence.of(source, .1, .2, .3, .4, .5, .6, .7, .8);
    text = PlanFile.text(planner.prune(evidence, PlanRequest.of(Target.keep(4))));
  }

  @AfterEach
  void close() {
    source.close();
  }

  @Test
  void aPlanAsPlannedPasses() {
    assertThatCode(() -> check(text)).doesNotThrowAnyException();
  }

  @Test
  void anotherChoiceOfTheSameSizePasses() {
    String edited =
        text.replaceFirst("\\[ 4, 5, 6, 7 \\]", "[ 0, 5, 6, 7 ]")
            .replaceFirst("\\[ 0, 1, 2, 3 \\]", "[ 1, 2, 3, 4 ]");
    assertThatCode(() -> check(edited)).doesNotThrowAnyException();
  }

  @Test
  void aLayerWithAnotherCountIsNamedWithTheNumbers() {
    String edited =
        text.replaceFirst("\\[ 4, 5, 6, 7 \\]", "[ 5, 6, 7 ]")
            .replaceFirst("\\[ 0, 1, 2, 3 \\]", "[ 0, 1, 2, 3, 4 ]");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> check(edited))
        .withMessageStartingWith(
            "plan.json, layer 1: 3 experts are kept, in the other layers 4 (expertsAfter)");
  }

  @Test
  void aPlanForAnotherCheckpointIsRefused() {
    refuse(
        source.fingerprint(),
        "sha256:0",
        "plan.json: it was made for another checkpoint: sha256:0");
    refuse("qwen3_moe", "mixtral", "made for a model of type 'mixtral', this one is 'qwen3_moe'");
    refuse("\"expertsBefore\": 8", "\"expertsBefore\": 16", "it speaks of 16 experts, 2 per token");
    refuse("\"expertsPerToken\": 2", "\"expertsPerToken\": 4", "the model has 8 and 2");
    refuse(
        "\"layer\": 1",
        "\"layer\": 0",
        "it decides on layers [0, 2], the model has experts in layers [1, 2]");
    refuse("\"layer\": 1", "\"layer\": 2", "it decides on layers [2, 2]");
    refuse("\"action\": \"prune\"", "\"action\": \"shrink\"", "action 'shrink' is not known");
    refuse("\"action\": \"prune\"", "\"action\": \"merge\"", "options do not say how to merge");
  }

  @Test
  void countsThatCannotRunAreRefused() {
    refuse(
        "\"expertsAfter\": 4",
        "\"expertsAfter\": 1",
        "expertsAfter is 1; every token uses 2 of 8 experts");
    refuse("\"expertsAfter\": 4", "\"expertsAfter\": 9", "keep from 2 to 8 experts");
    refuse(
        "\"expertsAfter\": 4",
        "\"expertsAfter\": 5",
        "layer 1: 4 experts are kept, in the other layers 5");
  }

  @Test
  void listsThatDoNotPartitionTheExpertsAreRefused() {
    refuse("\\[ 4, 5, 6, 7 \\]", "[ 5, 4, 6, 7 ]", "layer 1: kept is not ascending: 4 after 5");
    refuse("\\[ 4, 5, 6, 7 \\]", "[ 4, 4, 6, 7 ]", "layer 1: kept is not ascending: 4 after 4");
    refuse(
        "\\[ 4, 5, 6, 7 \\]",
        "[ 4, 5, 6, 8 ]",
        "layer 1: kept names expert 8; there are experts 0 to 7");
    refuse("\\[ 4, 5, 6, 7 \\]", "[ -1, 5, 6, 7 ]", "layer 1: kept names expert -1");
    refuse("\\[ 4, 5, 6, 7 \\]", "[ 3, 5, 6, 7 ]", "layer 1: expert 3 is both kept and dropped");
    refuse("\\[ 0, 1, 2, 3 \\]", "[ 0, 1, 3 ]", "layer 1: expert 2 is neither kept nor dropped");
  }

  @Test
  void aProtectedExpertThatGoesIsRefused() {
    refuse(
        "\"protected\": \\[ \\]",
        "\"protected\": [ 2 ]",
        "layer 1: a protected expert is not kept");
  }

  @Test
  void scoresMustBeComplete() {
    refuse("0.1, 0.2, ", "0.2, ", "layer 1: there are not 8 finite scores");
    refuse("0.1, 0.2, ", "1e999, 0.2, ", "layer 1: there are not 8 finite scores");
  }

  /** Whatever becomes of some characters, a plan is refused or can be carried out. */
  @Test
  void damageAtRandomIsRefusedOrCanBeCarriedOut() {
    SplittableRandom random = new SplittableRandom(20250110);
    String alphabet = "0123456789-.eE[]{},:\" \ntrufalsn\\u";
    int refused = 0;
    for (int trial = 0; trial < 2000; trial++) {
      StringBuilder damaged = new StringBuilder(text);
      for (int edit = random.nextInt(3); edit >= 0; edit--) {
        damaged.setCharAt(
            random.nextInt(damaged.length()), alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        Plan plan = PlanFile.parse("plan.json", damaged.toString());
        new Pruner(source, "test").preview("plan.json", plan, OptionalLong.empty());
      } catch (BadInputException e) {
        assertThat(e).hasMessageStartingWith("plan.json");
        refused++;
      }
    }
    assertThat(refused).isBetween(1000, 1999);
  }

  private void refuse(String from, String to, String message) {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> check(text.replaceFirst(from, to)))
        .withMessageContaining(message);
  }

  private void check(String edited) {
    PlanCheck.require(
        "plan.json",
        PlanFile.parse("plan.json", edited),
        source.architecture(),
        source.fingerprint());
  }
}
