package io.moetool.runtime.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint's {@code tokenizer.json}. Text becomes exactly the ids the tokenizer's own
 * post-processor yields: nothing is truncated, and special tokens are added only where the file
 * itself adds them.
 */
public final class Tokenizer implements AutoCloseable {
  private final HuggingFaceTokenizer tokenizer;

  private Tokenizer(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Opens the tokenizer of a model folder.
   *
   * @throws BadInputException if there is none, or it is not one
   */
  public static Tokenizer open(Path folder) {
    Path file = folder.resolve("tokenizer.json");
    if (!Files.isRegularFile(file)) {
      throw new BadInputException(
          file.toString(),
          "the model has no tokenizer.json, so text cannot be read",
          "give data rows as \"tokens\" (token ids), or put the model's tokenizer.json into the folder");
    }
    try {
      // The library truncates to 512 tokens unless told otherwise.
      return new Tokenizer(
          HuggingFaceTokenizer.newInstance(
              file, Map.of("truncation", "false", "padding", "false")));
    } catch (IOException | RuntimeException e) {
      throw new BadInputException(
          file.toString(),
          "it cannot be read as a tokenizer: " + e.getMessage(),
          "use the tokenizer.json the model was published with",
          e);
    }
  }

  /** Token ids of a text; none for an empty one. */
  public int[] encode(String text) {
    long[] ids = tokenizer.encode(text, true, false).getIds();
    int[] tokens = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      tokens[i] = Math.toIntExact(ids[i]);
    }
    return tokens;
  }

  /** Text of token ids, special tokens included. */
  public String decode(List<Integer> tokens) {
    return tokenizer.decode(tokens.stream().mapToLong(id -> id).toArray(), false);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
