package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The demonstration on a model that is even smaller than the bundled one. */
class DemoCommandTest {
  @TempDir private Path folder;

  private Path home;
  private Path out;

  @BeforeEach
  void bundle() throws IOException {
    home = folder.resolve("home");
    out = folder.resolve("demo");
    Path examples = Files.createDirectories(home.resolve("examples"));
    Files.move(Golden.copy("mixtral", examples), examples.resolve("tinymoe-6d"));
    Path text = Files.createDirectory(examples.resolve("text"));
    Files.move(Golden.data("mixtral", text), text.resolve("calibration.jsonl"));
    Files.copy(text.resolve("calibration.jsonl"), text.resolve("heldout.jsonl"));
  }

  @Test
  void tellsTheWholeStoryWithTheCommandsItRuns() {
    Run run = Run.at(Optional.of(home), "demo", "-o", out);

    assertThat(run.code()).isZero();
    Path model = home.resolve("examples/tinymoe-6d");
    assertThat(run.out())
        .contains("$ moetool inspect " + model + "\n")
        .contains(
            "$ moetool prune %s --plan %s -o %s\n"
                .formatted(model, out.resolve("plan.json"), out.resolve("pruned")))
        .contains("base PPL")
        .contains("Where to look:");
    assertThat(Golden.list(out))
        .containsExactly("analysis", "merged", "plan.json", "pruned", "pruned-onnx");
  }

  @Test
  void jsonIsOneDocumentWithAllResults() {
    Run run = Run.at(Optional.of(home), "demo", "-o", out, "--json", "-q");

    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    JsonNode json = run.json();
    List<String> commands = new ArrayList<>();
    json.get("steps").forEach(step -> commands.add(step.get("command").stringValue()));
    assertThat(commands)
        .containsExactly(
            "inspect",
            "analyze",
            "plan",
            "prune",
            "verify",
            "evaluate",
            "merge",
            "evaluate",
            "convert",
            "validate");
    assertThat(json.get("steps").get(9).get("result").get("domains").propertyNames())
        .containsExactly("even", "odd");
  }

  @Test
  void aStepThatFailsEndsItWithNothingLeft() {
    Golden.write(home.resolve("examples/text/heldout.jsonl"), "{\"tokens\": [1, 2, 3}\n");

    Run run = Run.at(Optional.of(home), "demo", "-o", out, "--json", "-q");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("heldout.jsonl line 1");
    assertThat(out).doesNotExist();
  }

  @Test
  void anExistingFolderIsLeftAlone() throws IOException {
    Files.createDirectory(out);

    assertThat(Run.at(Optional.of(home), "demo", "-o", out).code()).isEqualTo(3);
    assertThat(out).isEmptyDirectory();
  }

  @Test
  void withoutALauncherItIsUnknownWhereTheModelIs() {
    assertThat(Run.at(Optional.empty(), "demo", "-o", out))
        .isEqualTo(
            new Run(
                5,
                "",
                """
                moetool: the bundled model: this way of starting moetool does not say where it is
                  start moetool with its launcher, or with -Dmoetool.home=FOLDER
                """));
  }
}
