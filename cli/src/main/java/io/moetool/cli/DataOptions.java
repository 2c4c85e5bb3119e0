package io.moetool.cli;

import io.moetool.runtime.text.DataLimits;
import io.moetool.runtime.text.DataReader;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** Which text a model is run on. */
final class DataOptions {
  /** Longer sequences are read only where they are asked for. */
  private static final int DEFAULT_LENGTH = 2048;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = {
        "Text: .jsonl with \"text\" or \"tokens\", and optionally \"domain\", in every line; or"
            + " .txt, one document. May be repeated."
      })
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      description =
          "Cut rows to this many tokens (default: the model's maximum, at most "
              + DEFAULT_LENGTH
              + ").")
  private Optional<Integer> sequenceLength = Optional.empty();

  @Option(names = "--max-sequences", paramLabel = "N", description = "Read at most this many rows.")
  private Optional<Long> maxSequences = Optional.empty();

  @Option(names = "--max-tokens", paramLabel = "N", description = "Read at most this many tokens.")
  private Optional<Long> maxTokens = Optional.empty();

  boolean isGiven() {
    return !files.isEmpty();
  }

  /** Refuses a command line without data. */
  DataOptions require(CommonOptions common) {
    if (!isGiven()) {
      throw common.usage("Missing required option: '--data=FILE'");
    }
    return this;
  }

  /** Refuses options that say how to read data where there is none. */
  void refuseWithoutData(CommonOptions common) {
    if (!isGiven()) {
      Map<String, Optional<?>> options = new LinkedHashMap<>();
      options.put("--sequence-length", sequenceLength);
      options.put("--max-sequences", maxSequences);
      options.put("--max-tokens", maxTokens);
      options.forEach((name, value) -> {
        if (value.isPresent()) {
          throw common.usage(name + " has no effect without --data");
        }
      });
    }
  }

  /**
   * Reads the data for a model.
   *
   * @param folder where its tokenizer is
   * @param input what it reads
   */
  SequenceData read(CommonOptions common, Path folder, ModelInput input) {
    int maxPositions = input.maxPositions();
    int length = sequenceLength.orElse(Math.min(maxPositions, DEFAULT_LENGTH));
    if (length > maxPositions) {
      throw common.usage(
          "--sequence-length is %d, the model was made for at most %d tokens"
              .formatted(length, maxPositions));
    }
    atLeast(common, "--sequence-length", length, 2);
    atLeast(common, "--max-sequences", maxSequences.orElse(Long.MAX_VALUE), 1);
    atLeast(common, "--max-tokens", maxTokens.orElse(Long.MAX_VALUE), 2);
    DataLimits limits =
        new DataLimits(
            length, maxSequences.orElse(Long.MAX_VALUE), maxTokens.orElse(Long.MAX_VALUE));
    try (LazyTokenizer tokenizer = new LazyTokenizer(folder)) {
      return DataReader.read(files, tokenizer, input, limits);
    }
  }

  private static void atLeast(CommonOptions common, String name, long value, long least) {
    if (value < least) {
      throw common.usage("%s must be at least %d".formatted(name, least));
    }
  }

  /** Rows of token ids need no tokenizer, so it is opened only when a row of text is met. */
  private static final class LazyTokenizer implements Supplier<Tokenizer>, AutoCloseable {
    private final Path folder;
    private Optional<Tokenizer> opened = Optional.empty();

    LazyTokenizer(Path folder) {
      this.folder = folder;
    }

    @Override
    public Tokenizer get() {
      Tokenizer tokenizer = opened.orElseGet(() -> Tokenizer.open(folder));
      opened = Optional.of(tokenizer);
      return tokenizer;
    }

    @Override
    public void close() {
      opened.ifPresent(Tokenizer::close);
    }
  }
}
