package io.moetool.transforms.task;

import io.moetool.formats.BadInputException;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.TokenDecoder;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.runtime.text.Tokenizer;
import io.moetool.transforms.generate.Sampling;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers questions by writing on, always with the most likely token. */
final class AnswerWriter {
  private final WorkPool pool;
  private final Tokenizer tokenizer;
  private final int most;

  /**
   * A writer.
   *
   * @param most new tokens at most
   */
  AnswerWriter(WorkPool pool, Tokenizer tokenizer, int most) {
    this.pool = pool;
    this.tokenizer = tokenizer;
    this.most = most;
  }

  /**
   * Answers of a model to a task of texts.
   *
   * @param stops tokens that end a text
   */
  TaskAnswers answer(
      LanguageModel model, ModelInput input, Set<Integer> stops, Task task, RunProgress progress) {
    int room = Math.min(most, Math.max(1, input.maxPositions() / 2));
    List<WrittenAnswer> answers =
        task.items().stream()
            .map(TaskItem.Open.class::cast)
            .map(item -> {
              int[] prompt = tokenizer.encode(item.prompt());
              require(task, prompt, input);
              return new WrittenAnswer(item, prompt, input.maxPositions() - room, room, stops);
            })
            .toList();
    if (model.rereads()) {
      together(model, task, answers, progress);
    } else {
      oneByOne(model, task, answers, progress);
    }
    return new TaskAnswers(
        task,
        answers.stream().mapToDouble(answer -> answer.isRight() ? 1 : 0).toArray(),
        Optional.empty(),
        (int) answers.stream().filter(WrittenAnswer::isCut).count());
  }

  private static void require(Task task, int[] prompt, ModelInput input) {
    if (prompt.length == 0 || Arrays.stream(prompt).max().getAsInt() >= input.vocabulary()) {
      throw new BadInputException(
          "task " + task.name(),
          prompt.length == 0
              ? "a prompt has no token"
              : "a prompt has a token outside the model's vocabulary of " + input.vocabulary(),
          "use the tokenizer the model was published with");
    }
  }

  private void oneByOne(
      LanguageModel model, Task task, List<WrittenAnswer> answers, RunProgress progress) {
    AtomicInteger done = new AtomicInteger();
    pool.forEach(
        answers.size(),
        i -> {
          WrittenAnswer answer = answers.get(i);
          int[] next = answer.tokens();
          try (TokenDecoder decoder = model.decoder()) {
            while (!answer.isComplete()) {
              int chosen = mostLikely(decoder.read(next));
              answer.add(chosen, tokenizer);
              next = new int[] {chosen};
            }
          }
          progress.report("task " + task.name(), done.incrementAndGet(), answers.size());
        });
  }

  /** A token of every answer a pass: weights are then read once for all of them. */
  private void together(
      LanguageModel model, Task task, List<WrittenAnswer> answers, RunProgress progress) {
    List<WrittenAnswer> open = answers;
    while (!open.isEmpty()) {
      List<WrittenAnswer> growing = open;
      SequenceData data =
          new SequenceData(
              growing.stream()
                  .map(answer -> new TokenSequence(task.name(), answer.tokens()))
                  .toList());
      try (Predictions predictions = model.predict(data, RunProgress.NONE)) {
        pool.forEach(
            growing.size(),
            i -> {
              try (Logits logits = predictions.logits(i)) {
                int length = growing.get(i).tokens().length;
                FloatMatrix last = logits.rows(Math.max(0, length - 2), length);
                float[] row = new float[last.columns()];
                last.copyRowTo(last.rows() - 1, row);
                growing.get(i).add(mostLikely(row), tokenizer);
              }
            });
      }
      open = answers.stream().filter(answer -> !answer.isComplete()).toList();
      progress.report("task " + task.name(), answers.size() - open.size(), answers.size());
    }
  }

  private static int mostLikely(float[] logits) {
    return Sampling.GREEDY.choose(logits, new SplittableRandom(0));
  }
}
