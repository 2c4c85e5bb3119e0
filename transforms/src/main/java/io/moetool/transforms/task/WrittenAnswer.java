package io.moetool.transforms.task;

import io.moetool.runtime.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** An answer that grows by a token at a time; for one thread at a time. */
final class WrittenAnswer {
  private final TaskItem.Open item;
  private final int[] prompt;
  private final boolean cut;
  private final int room;
  private final Set<Integer> stops;
  private final List<Integer> written = new ArrayList<>();
  private String text = "";
  private boolean complete;

  /**
   * An answer of which nothing is written.
   *
   * @param longestPrompt tokens of the prompt that are read at most, its last ones
   * @param room tokens written at most
   * @param stops tokens that end a text
   */
  WrittenAnswer(TaskItem.Open item, int[] prompt, int longestPrompt, int room, Set<Integer> stops) {
    this.item = item;
    this.cut = prompt.length > longestPrompt;
    this.prompt =
        cut ? Arrays.copyOfRange(prompt, prompt.length - longestPrompt, prompt.length) : prompt;
    this.room = room;
    this.stops = Set.copyOf(stops);
  }

  /** Prompt and all that is written. */
  int[] tokens() {
    return IntStream.concat(Arrays.stream(prompt), written.stream().mapToInt(Integer::intValue))
        .toArray();
  }

  void add(int token, Tokenizer tokenizer) {
    if (stops.contains(token)) {
      complete = true;
      return;
    }
    written.add(token);
    text = tokenizer.decode(written);
    Optional<String> end = item.matching().complete(text.stripLeading());
    complete = end.isPresent() || written.size() >= room;
    text = end.orElse(text);
  }

  boolean isComplete() {
    return complete;
  }

  boolean isCut() {
    return cut;
  }

  boolean isRight() {
    return item.matching().matches(text, item.answer());
  }
}
