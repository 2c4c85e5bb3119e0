package io.moetool.transforms.task;

import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.SequenceScorer;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.runtime.text.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Answers questions by the likelihood of their choices. */
final class ChoiceScorer {
  private final OrtEngine engine;
  private final WorkPool pool;
  private final Tokenizer tokenizer;

  ChoiceScorer(OrtEngine engine, WorkPool pool, Tokenizer tokenizer) {
    this.engine = engine;
    this.pool = pool;
    this.tokenizer = tokenizer;
  }

  /** A choice of a question. */
  private record Place(int item, int choice, EncodedChoice encoded) {}

  /** Answers of a model to a task of choices. */
  TaskAnswers answer(LanguageModel model, ModelInput input, Task task, RunProgress progress) {
    List<TaskItem.Choice> items = task.items().stream().map(TaskItem.Choice.class::cast).toList();
    double[][] losses = new double[items.size()][];
    int cut = 0;
    // Choices of one token follow the same tokens, which are then read once.
    Map<List<Integer>, List<Place>> byRead = new LinkedHashMap<>();
    for (int i = 0; i < items.size(); i++) {
      String where = "task %s, question %d".formatted(task.name(), i + 1);
      List<EncodedChoice> choices = EncodedChoice.of(where, items.get(i), tokenizer, input);
      losses[i] = new double[choices.size()];
      cut += choices.stream().anyMatch(EncodedChoice::isCut) ? 1 : 0;
      for (int choice = 0; choice < choices.size(); choice++) {
        EncodedChoice encoded = choices.get(choice);
        byRead
            .computeIfAbsent(IntStream.of(encoded.read()).boxed().toList(), _ -> new ArrayList<>())
            .add(new Place(i, choice, encoded));
      }
    }
    fill(losses, model, List.copyOf(byRead.values()), task.name(), progress);
    double[] right = new double[items.size()];
    double[] rightByLength = new double[items.size()];
    for (int i = 0; i < items.size(); i++) {
      TaskItem.Choice item = items.get(i);
      double[] byLength = new double[losses[i].length];
      for (int choice = 0; choice < byLength.length; choice++) {
        String text = item.choices().get(choice);
        byLength[choice] = losses[i][choice] / text.codePointCount(0, text.length());
      }
      right[i] = least(losses[i]) == item.right() ? 1 : 0;
      rightByLength[i] = least(byLength) == item.right() ? 1 : 0;
    }
    return new TaskAnswers(task, right, Optional.of(rightByLength), cut);
  }

  private void fill(
      double[][] losses,
      LanguageModel model,
      List<List<Place>> places,
      String name,
      RunProgress progress) {
    SequenceData data =
        new SequenceData(
            places.stream()
                .map(same -> new TokenSequence(name, same.getFirst().encoded().read()))
                .toList());
    AtomicInteger done = new AtomicInteger();
    try (Predictions predictions = model.predict(data, progress);
        SequenceScorer scorer = new SequenceScorer(engine, model.vocabulary())) {
      pool.forEach(
          places.size(),
          i -> {
            try (Logits logits = predictions.logits(i)) {
              for (Place place : places.get(i)) {
                losses[place.item()][place.choice()] =
                    scorer.loss(logits, place.encoded().tokens(), place.encoded().from());
              }
            }
            progress.report("task " + name, done.incrementAndGet(), places.size());
          });
    }
  }

  /** Where the least loss is, among equals the first. */
  private static int least(double[] losses) {
    return IntStream.range(0, losses.length)
        .reduce((best, next) -> losses[next] < losses[best] ? next : best)
        .orElseThrow();
  }
}
