package io.moetool.transforms.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.SequenceScorer;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.runtime.text.Tokenizer;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.convert.ExportSource;
import io.moetool.transforms.convert.OnnxExport;
import io.moetool.transforms.evaluate.OpenModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Answers of the bundled model against those of transformers ({@code
 * interop/make_task_expected.py}).
 */
class TaskRunnerTest {
  private static final Path BUNDLED = Path.of("../examples/tinymoe-6d");
  private static final Path TASK = Path.of("../examples/tasks/continuation.jsonl");
  private static final JsonNode EXPECTED =
      Json.readObject(Path.of("src/test/resources/tasks/continuation.json"));
  private static final JsonNode WRITTEN =
      Json.readObject(Path.of("../runtime/src/test/resources/golden/tinymoe-6d/generation.json"));
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);
  private static final Tokenizer TOKENIZER = Tokenizer.open(BUNDLED);

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
    TOKENIZER.close();
  }

  @Test
  void choicesAreAnsweredAsTheReferenceLibraryAnswersThem() {
    int items = EXPECTED.get("losses").size();
    TaskScore score = answer(BUNDLED, TaskReader.read(TASK, 0, items), 256).score();

    assertThat(score.accuracy()).isEqualTo(EXPECTED.get("right").doubleValue() / items);
    assertThat(score.normalisedAccuracy())
        .contains(EXPECTED.get("rightByLength").doubleValue() / items);
    assertThat(score.score()).isEqualTo(score.normalisedAccuracy().orElseThrow());
    assertThat(score.cut()).isZero();
  }

  @Test
  void lossesOfChoicesEqualTheReference() {
    List<TaskItem> items = TaskReader.read(TASK, 0, 3).items();
    for (int i = 0; i < items.size(); i++) {
      List<EncodedChoice> choices =
          EncodedChoice.of("test", (TaskItem.Choice) items.get(i), TOKENIZER, input(256));
      for (int choice = 0; choice < choices.size(); choice++) {
        assertThat(loss(choices.get(choice)))
            .isCloseTo(EXPECTED.get("losses").get(i).get(choice).doubleValue(), within(1e-3));
      }
    }
  }

  /** The prompt's only token and the choice's only token; nothing stands before that to be read. */
  @Test
  void oneTokenAfterAnotherIsCounted() {
    EncodedChoice choice =
        EncodedChoice.of(
                "test", new TaskItem.Choice("a", List.of("b", "c"), 0), TOKENIZER, input(9))
            .getFirst();
    int[] tokens = choice.tokens();

    assertThat(choice.from()).isEqualTo(1);
    try (OpenModel model = open(BUNDLED);
        Predictions predictions =
            model
                .model()
                .predict(
                    new SequenceData(List.of(new TokenSequence("all", tokens))), RunProgress.NONE);
        Logits logits = predictions.logits(0);
        SequenceScorer scorer = new SequenceScorer(ENGINE, model.model().vocabulary())) {
      assertThat(loss(choice))
          .isCloseTo(scorer.loss(logits, new TokenSequence("all", tokens)), within(1e-5));
    }
  }

  @Test
  void whatTheReferenceLibraryWritesIsRight() {
    List<TaskItem> items =
        WRITTEN
            .get("generations")
            .valueStream()
            .map(written ->
                (TaskItem)
                    new TaskItem.Open(
                        written.get("prompt").stringValue(),
                        written.get("text").stringValue().strip().lines().findFirst().orElseThrow(),
                        AnswerMatching.LINE))
            .toList();
    Task task = new Task("written", Task.Kind.GENERATE, items);
    Path exported = folder.resolve("onnx");
    try (SourceModel source = SourceModel.open(BUNDLED, FAMILIES)) {
      new OnnxExport(
              ExportSource.of(source),
              OperatorForm.FUSED,
              ExportPrecision.FLOAT32,
              "test",
              ENGINE,
              POOL)
          .write(exported, WriteProgress.none());
    }

    assertThat(answer(BUNDLED, task, 24).score().score()).isEqualTo(1);
    assertThat(answer(exported, task, 24).score().score()).isEqualTo(1);
    // An answer that ends too early is another one; only the brace is complete by then.
    assertThat(answer(BUNDLED, task, 1).score().score()).isEqualTo(1 / 3.0);
  }

  @Test
  void longPromptsLoseTheirBeginningAndAreCounted() {
    String question = "word ".repeat(300) + "Answer:";
    Task choices =
        new Task(
            "long",
            Task.Kind.MULTIPLE_CHOICE,
            List.of(
                new TaskItem.Choice(question, List.of("yes", "no"), 0),
                new TaskItem.Choice("Answer:", List.of("yes", "no"), 0)));
    Task texts =
        new Task(
            "long",
            Task.Kind.GENERATE,
            List.of(new TaskItem.Open(question, "x", AnswerMatching.LINE)));

    assertThat(answer(BUNDLED, choices, 8).score().cut()).isEqualTo(1);
    assertThat(answer(BUNDLED, texts, 8).score().cut()).isEqualTo(1);
  }

  @Test
  void aChoiceThatDoesNotFitIsRefused() {
    TaskItem.Choice item = new TaskItem.Choice("a", List.of("b", "word ".repeat(20)), 0);
    assertThatThrownBy(() -> EncodedChoice.of("question 1", item, TOKENIZER, input(8)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("the model reads at most 8");
    assertThatThrownBy(() ->
            EncodedChoice.of(
                "question 1", new TaskItem.Choice("", List.of("b", "c"), 0), TOKENIZER, input(8)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("its prompt has no token");
  }

  private static double loss(EncodedChoice choice) {
    try (OpenModel model = open(BUNDLED);
        Predictions predictions =
            model
                .model()
                .predict(
                    new SequenceData(List.of(new TokenSequence("all", choice.read()))),
                    RunProgress.NONE);
        Logits logits = predictions.logits(0);
        SequenceScorer scorer = new SequenceScorer(ENGINE, model.model().vocabulary())) {
      return scorer.loss(logits, choice.tokens(), choice.from());
    }
  }

  private static ModelInput input(int positions) {
    return ModelInput.ofText(4096, positions);
  }

  private static TaskAnswers answer(Path path, Task task, int mostNewTokens) {
    try (OpenModel model = open(path)) {
      return new TaskRunner(ENGINE, POOL, TOKENIZER, model.model().input(), mostNewTokens)
          .answer(model, task, RunProgress.NONE);
    }
  }

  private static OpenModel open(Path path) {
    return OpenModel.open(path, FAMILIES, ENGINE, POOL);
  }
}
