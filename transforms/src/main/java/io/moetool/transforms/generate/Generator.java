package io.moetool.transforms.generate;

import io.moetool.formats.BadInputException;
import io.moetool.runtime.run.LanguageModel;
import io.moetool.runtime.run.TokenDecoder;
import io.moetool.runtime.text.Tokenizer;
import io.moetool.transforms.evaluate.OpenModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Lets a model go on with a text. The same input gives the same text. */
public final class Generator {
  /** Stands at the end of a text whose last character is not complete. */
  private static final String INCOMPLETE = "\ufffd";

  private final OpenModel opened;
  private final Tokenizer tokenizer;

  /**
   * A generator.
   *
   * @param tokenizer of the model, or of the one it was made from
   */
  public Generator(OpenModel opened, Tokenizer tokenizer) {
    this.opened = opened;
    this.tokenizer = tokenizer;
  }

  /**
   * Goes on with a text until the model ends it, or its length is reached.
   *
   * @param most new tokens at most
   * @param heard gets the new text piece by piece, as soon as it is known
   * @throws BadInputException if the model reads a source, or the prompt is empty, has tokens the
   *     model does not know, or leaves no room
   */
  public Generation generate(String prompt, int most, Sampling sampling, Consumer<String> heard) {
    LanguageModel model = opened.model();
    int[] next = tokenizer.encode(prompt);
    require(model, next);
    int room = Math.min(most, model.input().maxPositions() - next.length);
    Set<Integer> stops = StopTokens.of(opened.folder());
    SplittableRandom random = new SplittableRandom(sampling.seed());
    List<Integer> tokens = new ArrayList<>();
    String text = "";
    boolean stopped = false;
    long start = System.nanoTime();
    try (TokenDecoder decoder = model.decoder()) {
      while (!stopped && tokens.size() < room) {
        int chosen = sampling.choose(decoder.read(next), random);
        stopped = stops.contains(chosen);
        if (!stopped) {
          tokens.add(chosen);
          next = new int[] {chosen};
          String longer = tokenizer.decode(tokens);
          if (!longer.endsWith(INCOMPLETE) && longer.startsWith(text)) {
            heard.accept(longer.substring(text.length()));
            text = longer;
          }
        }
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    String whole = tokenizer.decode(tokens);
    if (whole.length() > text.length() && whole.startsWith(text)) {
      heard.accept(whole.substring(text.length()));
    }
    return new Generation(
        model.form(),
        whole,
        List.copyOf(tokens),
        stopped ? "stop" : "length",
        seconds,
        tokens.size() / seconds);
  }

  private static void require(LanguageModel model, int[] prompt) {
    if (model.input().hasSource()) {
      throw new BadInputException(
          "the model", "its encoder reads a source", "name a model that goes on with a text");
    }
    if (prompt.length == 0) {
      throw new BadInputException("the prompt", "it has no token", "write some text");
    }
    if (prompt.length >= model.input().maxPositions()) {
      throw new BadInputException(
          "the prompt",
          "its %d tokens leave no room within the model's %d"
              .formatted(prompt.length, model.input().maxPositions()),
          "shorten it");
    }
    for (int token : prompt) {
      if (token >= model.vocabulary()) {
        throw new BadInputException(
            "the prompt",
            "token id %d is outside the model's vocabulary of %d"
                .formatted(token, model.vocabulary()),
            "use the tokenizer the model was published with");
      }
    }
  }
}
