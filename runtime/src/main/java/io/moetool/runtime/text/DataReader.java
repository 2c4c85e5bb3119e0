package io.moetool.runtime.text;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads data files: {@code .jsonl} with {@code "text"} or {@code "tokens"} (and optionally {@code
 * "domain"}) in every row, or {@code .txt} as one document. A row is one sequence.
 */
public final class DataReader {
  /** Domain of rows that name none. */
  public static final String DEFAULT_DOMAIN = "all";

  private final Supplier<Tokenizer> tokenizer;
  private final int vocabulary;
  private final DataLimits limits;
  private final List<TokenSequence> sequences = new ArrayList<>();
  private long tokens;

  private DataReader(Supplier<Tokenizer> tokenizer, int vocabulary, DataLimits limits) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
    this.limits = limits;
  }

  /**
   * Reads files in order until a limit is reached.
   *
   * @param files data files
   * @param tokenizer asked only when a row holds text
   * @param vocabulary token ids must be below it
   * @param limits how much to read
   * @throws BadInputException if a row is malformed, or nothing remains to be predicted
   */
  public static SequenceData read(
      List<Path> files, Supplier<Tokenizer> tokenizer, int vocabulary, DataLimits limits) {
    DataReader reader = new DataReader(tokenizer, vocabulary, limits);
    for (Path file : files) {
      reader.readFile(file);
    }
    if (reader.sequences.stream().noneMatch(sequence -> sequence.predicted() > 0)) {
      throw new BadInputException(
          files.toString(), "no row has two tokens or more", "give data with some text in it");
    }
    return new SequenceData(reader.sequences);
  }

  private void readFile(Path file) {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    boolean rows = name.endsWith(".jsonl");
    if (!rows && !name.endsWith(".txt")) {
      throw new BadInputException(
          file.toString(), "data files end in .jsonl or .txt", "rename the file, or convert it");
    }
    if (!Files.isRegularFile(file)) {
      throw new BadInputException(file.toString(), "no such file", "check the path");
    }
    try {
      if (rows) {
        readRows(file);
      } else {
        add(file.toString(), DEFAULT_DOMAIN, tokenizer.get().encode(Files.readString(file)));
      }
    } catch (CharacterCodingException e) {
      throw new BadInputException(
          file.toString(), "not UTF-8 text", "convert the file to UTF-8", e);
    } catch (IOException e) {
      throw new BadInputException(
          file.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
    }
  }

  private void readRows(Path file) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      int number = 0;
      for (String line = lines.readLine(); line != null && !isFull(); line = lines.readLine()) {
        number++;
        if (!line.isBlank()) {
          readRow(file + " line " + number, line);
        }
      }
    }
  }

  private void readRow(String where, String line) {
    ObjectNode row = Json.readObject(where, line);
    JsonNode domain = row.path("domain");
    if (!domain.isMissingNode() && !domain.isString()) {
      throw new BadInputException(where, "\"domain\" is no string", "write the domain's name");
    }
    String name = domain.asString(DEFAULT_DOMAIN);
    JsonNode ids = row.path("tokens");
    JsonNode text = row.path("text");
    if (ids.isArray() && text.isMissingNode()) {
      add(where, name, ids(where, ids));
    } else if (text.isString() && ids.isMissingNode()) {
      add(where, name, tokenizer.get().encode(text.stringValue()));
    } else {
      throw new BadInputException(
          where,
          "a row needs either \"text\" (a string) or \"tokens\" (a list of ids)",
          "correct the row");
    }
  }

  private int[] ids(String where, JsonNode array) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = array.get(i);
      if (!id.isIntegralNumber() || !id.canConvertToInt()) {
        throw new BadInputException(
            where, "token %d is %s".formatted(i, id), "token ids are whole numbers");
      }
      ids[i] = id.intValue();
    }
    return ids;
  }

  private void add(String where, String domain, int[] ids) {
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new BadInputException(
            where,
            "token id %d is outside the model's vocabulary of %d".formatted(id, vocabulary),
            "use data made with this model's tokenizer");
      }
    }
    if (ids.length == 0 || isFull()) {
      return;
    }
    long room = Math.min(limits.sequenceLength(), limits.maxTokens() - tokens);
    TokenSequence sequence = new TokenSequence(domain, ids).cut((int) Math.min(room, ids.length));
    sequences.add(sequence);
    tokens += sequence.length();
  }

  private boolean isFull() {
    return sequences.size() >= limits.maxSequences() || tokens >= limits.maxTokens();
  }
}
