package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.analyzers.inspect.Loading;
import io.moetool.formats.BadInputException;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanFileTest {
  /** What a reviewer sees. */
  private static final String TEXT =
      """
      {
        "formatVersion": 1,
        "toolVersion": "1.2",
        "source": {
          "fingerprint": "sha256:model",
          "modelType": "qwen3_moe",
          "routers": "sha256:routers",
          "sibling": null
        },
        "action": "prune",
        "method": "reap",
        "options": {
          "target": "keep 2",
          "budget": "uniform",
          "seed": null,
          "domains": "code=2, math=1",
          "protection": [ "super experts" ],
          "merging": null
        },
        "statistics": {
          "dataFingerprint": "sha256:data",
          "tokens": 800
        },
        "expertsBefore": 3,
        "expertsAfter": 2,
        "expertsPerToken": 1,
        "layers": [ {
          "layer": 4,
          "kept": [ 0, 2 ],
          "masked": [ ],
          "dropped": [ 1 ],
          "scores": [ 0.5, 0.125, 1.0E-9 ],
          "margin": 0.375,
          "damage": 0.0625,
          "protected": [ 2 ],
          "reasons": [ "expert 2 is a super expert" ],
          "groups": [ ]
        } ],
        "warnings": [ "few tokens" ],
        "repair": {
          "kind": "scalar",
          "dataFingerprint": "sha256:more",
          "tokens": 64,
          "layers": [ {
            "layer": 4,
            "scale": 0.96,
            "rows": [ ],
            "errorBefore": 0.25,
            "errorAfter": 0.2
          } ]
        },
        "forecast": {
          "bytesBefore": 30,
          "bytesAfter": 20
        },
        "loading": [ {
          "program": "transformers",
          "verdict": "yes",
          "rule": "a rule"
        } ]
      }
      """;

  private static final Plan PLAN =
      new Plan(
          1,
          "1.2",
          new Plan.Source(
              "sha256:model", "qwen3_moe", Optional.of("sha256:routers"), Optional.empty()),
          "prune",
          "reap",
          new Plan.Options(
              "keep 2",
              "uniform",
              OptionalLong.empty(),
              Optional.of("code=2, math=1"),
              List.of("super experts"),
              Optional.empty()),
          Optional.of(new Plan.Statistics("sha256:data", 800)),
          3,
          2,
          1,
          List.of(
              new LayerPlan(
                  4,
                  List.of(0, 2),
                  List.of(),
                  List.of(1),
                  List.of(.5, .125, 1e-9),
                  OptionalDouble.of(.375),
                  OptionalDouble.of(.0625),
                  List.of(2),
                  List.of("expert 2 is a super expert"),
                  List.of())),
          List.of("few tokens"),
          Optional.of(
              new Repair(
                  "scalar",
                  "sha256:more",
                  64,
                  List.of(new Repair.Layer(4, .96, List.of(), .25, .2)))),
          new Plan.Forecast(30, 20),
          List.of(new Loading("transformers", Loading.Verdict.YES, "a rule")));

  @TempDir Path folder;

  @Test
  void aPlanIsTextThatPeopleCanRead() {
    assertThat(PlanFile.text(PLAN)).isEqualTo(TEXT);
  }

  @Test
  void aPlanIsReadAsItWasWritten() {
    Path file = folder.resolve("plan.json");
    PlanFile.write(PLAN, file);

    assertThat(PlanFile.read(file)).isEqualTo(PLAN);
  }

  @Test
  void whatIsAbsentIsNull() {
    String text =
        TEXT.replace("\"seed\": null", "\"seed\": 42")
            .replace("\"margin\": 0.375", "\"margin\": null")
            .replaceFirst("(?s)\"statistics\": \\{.*?\\}", "\"statistics\": null");

    Plan plan = PlanFile.parse("plan.json", text);
    assertThat(plan.options().seed()).hasValue(42);
    assertThat(plan.layers().getFirst().margin()).isEmpty();
    assertThat(plan.statistics()).isEmpty();
    assertThat(PlanFile.text(plan)).isEqualTo(text);
  }

  @Test
  void samePlanSameBytes() throws IOException {
    try (SourceModel source = new TinyCheckpoint().open(folder.resolve("model"), 1)) {
      for (String name : List.of("a.json", "b.json")) {
        Planner planner =
            new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test");
        Evidence evidence = TinyEvidence.of(source, .1, .2, .3, .4, .5, .6, .7, .8);
        PlanFile.write(
            planner.prune(evidence, PlanRequest.of(Target.keep(6))), folder.resolve(name));
      }
    }
    assertThat(folder.resolve("a.json")).hasSameBinaryContentAs(folder.resolve("b.json"));
    assertThat(Files.readString(folder.resolve("a.json")))
        .contains("\"kept\": [ 2, 3, 4, 5, 6, 7 ]");
  }

  @Test
  void anUnknownKeyIsRefusedWithItsLine() {
    refuse(
        "\"dropped\"",
        "\"removed\"",
        "plan.json line 31 column",
        "key 'removed' is not known here");
    refuse(
        "\"action\"",
        "\"actoin\"",
        "plan.json line 10 column",
        "known: formatVersion, toolVersion");
  }

  @Test
  void aMissingKeyIsRefusedWithTheLineWhereItsObjectEnds() {
    refuse("\"tokens\": 800", "", "plan.json line 23 column", "Unexpected character");
    refuse(
        ",\\s*\"tokens\": 800",
        "",
        "plan.json line 22 column",
        "statistics ends here without tokens");
    refuse("\\s*\"margin\": 0.375,", "", "without margin");
  }

  @Test
  void aDoubledKeyIsRefusedWithItsLine() {
    refuse(
        "\"dropped\"",
        "\"kept\"",
        "plan.json line 31 column",
        "Duplicate Object property \"kept\"");
  }

  @Test
  void valuesOfAnotherKindAreNotConverted() {
    refuse(
        "\"expertsAfter\": 2",
        "\"expertsAfter\": 2.5",
        "plan.json line 25",
        "expertsAfter must be a whole number");
    refuse("\"expertsAfter\": 2", "\"expertsAfter\": \"2\"", "expertsAfter must be a whole number");
    refuse("\"expertsAfter\": 2", "\"expertsAfter\": null", "expertsAfter must be a whole number");
    refuse("\\[ 0, 2 \\]", "[ 0, 2.0 ]", "an element of kept must be a whole number");
    refuse("\\[ 0, 2 \\]", "[ 0, null ]", "an element of kept must be a whole number");
    refuse("\\[ 0, 2 \\]", "0", "kept must be a list");
    refuse("0.125", "\"NaN\"", "an element of scores must be a number");
    refuse("\"prune\"", "7", "action must be a text");
    refuse("\\[ \"super experts\" \\]", "true", "protection must be a list");
    refuse("\"seed\": null", "\"seed\": 1.5", "seed must be a whole number");
    refuse("\\[ 0, 2 \\]", "[ 0, 99999999999 ]", "plan.json line 29");
  }

  @Test
  void whatIsNoPlanIsRefused() {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> PlanFile.read(folder.resolve("none.json")))
        .withMessageContaining("no such file");
    refuse("(?s).*", "[]", "a JSON object is expected");
    refuse("\"formatVersion\": 1", "\"formatVersion\": 2", "formatVersion is 2, 1 is expected");
    refuse("\"formatVersion\": 1,", "", "formatVersion is missing, 1 is expected");
    refuse("(?s)\\}\\s*$", "", "plan.json line");
    refuse("(?s)$", "{}", "plan.json line");
  }

  private static void refuse(String from, String to, String... messages) {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> PlanFile.parse("plan.json", TEXT.replaceFirst(from, to)))
        .satisfies(e -> assertThat(e.getMessage()).contains(messages));
  }
}
