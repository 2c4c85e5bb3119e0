package io.moetool.transforms.task;

import io.moetool.formats.BadInputException;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One choice behind its prompt as token ids. */
final class EncodedChoice {
  private final int[] tokens;
  private final int from;
  private final boolean cut;

  private EncodedChoice(int[] tokens, int from, boolean cut) {
    this.tokens = tokens;
    this.from = from;
    this.cut = cut;
  }

  /**
   * All choices of a question. What counts begins at the first token in which any of them differs
   * from the prompt read alone, for all choices at the same one: a tokenizer may join a choice with
   * the prompt's last characters, and choices must be compared from the same text on.
   *
   * @throws BadInputException if a choice has no token, more than the model can read, or one it
   *     does not know
   */
  static List<EncodedChoice> of(
      String where, TaskItem.Choice item, Tokenizer tokenizer, ModelInput input) {
    int[] prompt = tokenizer.encode(item.prompt().stripTrailing());
    List<int[]> whole = new ArrayList<>();
    int from = prompt.length;
    for (int choice = 0; choice < item.choices().size(); choice++) {
      int[] tokens = tokenizer.encode(item.prompt() + item.text(choice));
      whole.add(tokens);
      int differs = Arrays.mismatch(prompt, tokens);
      from = differs < 0 ? from : Math.min(from, differs);
    }
    if (from == 0) {
      throw new BadInputException(
          where, "its prompt has no token that a choice could follow", "write a prompt");
    }
    List<EncodedChoice> choices = new ArrayList<>();
    for (int[] tokens : whole) {
      choices.add(fitted(where, tokens, from, input));
    }
    return choices;
  }

  private static EncodedChoice fitted(String where, int[] tokens, int from, ModelInput input) {
    for (int token : tokens) {
      if (token >= input.vocabulary()) {
        throw new BadInputException(
            where,
            "token id %d is outside the model's vocabulary of %d"
                .formatted(token, input.vocabulary()),
            "use the tokenizer the model was published with");
      }
    }
    int counted = tokens.length - from;
    if (counted < 1 || counted > input.maxPositions()) {
      throw new BadInputException(
          where,
          "a choice has %d tokens; the model reads at most %d"
              .formatted(counted, input.maxPositions()),
          "give choices of at least one token that fit");
    }
    // The last token is predicted and not read.
    int over = Math.max(0, tokens.length - 1 - input.maxPositions());
    return new EncodedChoice(
        Arrays.copyOfRange(tokens, over, tokens.length), from - over, over > 0);
  }

  /** Prompt and choice, as the tokenizer reads them together. */
  int[] tokens() {
    return tokens.clone();
  }

  /** First token that counts; at least 1. */
  int from() {
    return from;
  }

  /** Whether tokens of the prompt were left out, so that the rest fits into the model. */
  boolean isCut() {
    return cut;
  }

  /** What the model reads: all but the last token. */
  int[] read() {
    return Arrays.copyOf(tokens, tokens.length - 1);
  }
}
