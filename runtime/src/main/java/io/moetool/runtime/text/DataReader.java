package io.moetool.runtime.text;

import io.moetool.formats.BadInputException;
import io.moetool.formats.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads data files: {@code .jsonl} with {@code "text"} or {@code "tokens"} (and optionally {@code
 * "domain"}) in every row, or {@code .txt} as one document. A row is one sequence.
 *
 * <p>For a model with an encoder every row also names what that reads, {@code "source"} or {@code
 * "sourceTokens"}, and the decoder's start token is put in front of the text.
 */
public final class DataReader {
  /** Domain of rows that name none. */
  public static final String DEFAULT_DOMAIN = "all";

  private final Supplier<Tokenizer> tokenizer;
  private final ModelInput input;
  private final DataLimits limits;
  private final List<TokenSequence> sequences = new ArrayList<>();
  private long room;

  private DataReader(Supplier<Tokenizer> tokenizer, ModelInput input, DataLimits limits) {
    this.tokenizer = tokenizer;
    this.input = input;
    this.limits = limits;
    this.room = limits.maxTokens();
  }

  /**
   * Reads files in order until a limit is reached.
   *
   * @param files data files
   * @param tokenizer asked only when a row holds text
   * @param input what the model reads
   * @param limits how much to read
   * @throws BadInputException if a row is malformed or of the wrong kind for the model, or nothing
   *     remains to be predicted
   */
  public static SequenceData read(
      List<Path> files, Supplier<Tokenizer> tokenizer, ModelInput input, DataLimits limits) {
    DataReader reader = new DataReader(tokenizer, input, limits);
    for (Path file : files) {
      reader.readFile(file);
    }
    if (reader.sequences.stream().noneMatch(sequence -> sequence.predicted() > 0)) {
      throw new BadInputException(
          files.toString(),
          input.hasSource()
              ? "no row has a text whose source leaves it room within %d tokens"
                  .formatted(limits.maxTokens())
              : "no row has two tokens or more",
          "give data with some text in it");
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
        readDocument(file);
      }
    } catch (CharacterCodingException e) {
      throw new BadInputException(
          file.toString(), "not UTF-8 text", "convert the file to UTF-8", e);
    } catch (IOException e) {
      throw new BadInputException(
          file.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
    }
  }

  private void readDocument(Path file) throws IOException {
    if (input.hasSource()) {
      throw new BadInputException(
          file.toString(),
          "a document has no source, which the model's encoder reads",
          "give .jsonl with \"source\" and \"text\" in every row");
    }
    add(
        file.toString(),
        DEFAULT_DOMAIN,
        new int[0],
        tokenizer.get().encode(Files.readString(file)));
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
    int[] source = source(where, row);
    int[] text =
        ids(where, row, "text", "tokens")
            .orElseThrow(() ->
                new BadInputException(
                    where,
                    "a row needs either \"text\" (a string) or \"tokens\" (a list of ids)",
                    "correct the row"));
    add(where, domain.asString(DEFAULT_DOMAIN), source, text);
  }

  /** What the encoder reads; nothing where there is none. */
  private int[] source(String where, ObjectNode row) {
    if (input.hasSource()) {
      return ids(where, row, "source", "sourceTokens")
          .filter(ids -> ids.length > 0)
          .orElseThrow(() ->
              new BadInputException(
                  where,
                  "the model's encoder needs either \"source\" (a string) or \"sourceTokens\" (a"
                      + " list of ids), at least one token",
                  "say in the row what its text is predicted from"));
    }
    if (row.has("source") || row.has("sourceTokens")) {
      throw new BadInputException(
          where,
          "the row has a source, but the model has no encoder to read it",
          "put what the model is to read into \"text\" or \"tokens\"");
    }
    return new int[0];
  }

  /** Token ids from the one of two keys that a row holds; empty if it holds none or both. */
  private Optional<int[]> ids(String where, ObjectNode row, String textKey, String idsKey) {
    JsonNode text = row.path(textKey);
    JsonNode ids = row.path(idsKey);
    if (ids.isArray() && text.isMissingNode()) {
      return Optional.of(ids(where, ids));
    }
    return text.isString() && ids.isMissingNode()
        ? Optional.of(tokenizer.get().encode(text.stringValue()))
        : Optional.empty();
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

  private void add(String where, String domain, int[] source, int[] text) {
    requireKnown(where, source);
    requireKnown(where, text);
    if (text.length == 0 || isFull()) {
      return;
    }
    int longest = limits.sequenceLength();
    int[] read = source.length > longest ? Arrays.copyOf(source, longest) : source;
    int most = Math.clamp(room - read.length, 0, longest);
    if (input.hasSource() && most < 2) {
      room = 0;
      return;
    }
    TokenSequence sequence = new TokenSequence(domain, read, afterStart(text)).cut(most);
    sequences.add(sequence);
    room -= read.length + sequence.length();
  }

  private int[] afterStart(int[] text) {
    return IntStream.concat(input.decoderStart().stream(), Arrays.stream(text)).toArray();
  }

  private void requireKnown(String where, int[] ids) {
    for (int id : ids) {
      if (id < 0 || id >= input.vocabulary()) {
        throw new BadInputException(
            where,
            "token id %d is outside the model's vocabulary of %d".formatted(id, input.vocabulary()),
            "use data made with this model's tokenizer");
      }
    }
  }

  private boolean isFull() {
    return sequences.size() >= limits.maxSequences() || room == 0;
  }
}
