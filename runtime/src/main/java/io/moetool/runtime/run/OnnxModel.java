package io.moetool.runtime.run;

import io.moetool.formats.BadInputException;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.graph.DecoderModel;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.LongStream;

/**
 * An exported model, run as it is in one session. Sequences are run one by one with an empty past,
 * so nothing is padded.
 */
public final class OnnxModel implements LanguageModel {
  private static final String LOGITS = "logits";
  private static final String DECODER_IDS = "decoder_input_ids";
  private static final int RANK = 3;

  private final Path file;
  private final OrtEngine engine;
  private final OrtGraph graph;

  /**
   * Loads a model.
   *
   * @throws BadInputException if it cannot be loaded or is no decoder with logits
   */
  public OnnxModel(Path file, OrtEngine engine) {
    this.file = file;
    this.engine = engine;
    this.graph = engine.graph(file);
    vocabulary();
    graph.inputShapes().forEach(this::requireKnown);
  }

  @Override
  public String form() {
    return "onnx";
  }

  @Override
  public String device() {
    return engine.device().key();
  }

  @Override
  public String compute() {
    return "float32";
  }

  @Override
  public int vocabulary() {
    long[] shape = graph.outputShapes().get(LOGITS);
    if (shape == null || shape.length != RANK || shape[RANK - 1] <= 0) {
      throw new BadInputException(
          file.toString(),
          "it has no output 'logits' of [batch, sequence, vocabulary]",
          "name a decoder exported for text generation");
    }
    return Math.toIntExact(shape[RANK - 1]);
  }

  @Override
  public ModelInput input() {
    return new ModelInput(
        vocabulary(),
        graph.metadata(DecoderModel.MAX_POSITIONS).map(Integer::parseInt).orElse(Integer.MAX_VALUE),
        decoderStart());
  }

  /** Where an encoder reads a source, the token that a text begins with. */
  private OptionalInt decoderStart() {
    return graph
        .metadata(DecoderModel.DECODER_START)
        .map(token -> OptionalInt.of(Integer.parseInt(token)))
        .orElse(OptionalInt.empty());
  }

  @Override
  public Predictions predict(SequenceData data, RunProgress progress) {
    return new Predictions() {
      @Override
      public Logits logits(int sequence) {
        return run(data.sequences().get(sequence));
      }

      @Override
      public void close() {
        // the session belongs to the model
      }
    };
  }

  @Override
  public boolean rereads() {
    return false;
  }

  @Override
  public TokenDecoder decoder() {
    return new RememberingDecoder(graph);
  }

  /** The whole sequence in one run. */
  private Logits run(TokenSequence sequence) {
    int length = sequence.length();
    int vocabulary = vocabulary();
    long[] tokens = Arrays.stream(sequence.toArray()).asLongStream().toArray();
    long[] source = Arrays.stream(sequence.sourceToArray()).asLongStream().toArray();
    if (decoderStart().isPresent() && source.length == 0) {
      throw new IllegalArgumentException("a sequence without the source that the encoder reads");
    }
    Arena arena = Arena.ofShared();
    try (OrtInputs inputs = graph.inputs();
        OrtInputs results = graph.inputs()) {
      for (Map.Entry<String, long[]> input : graph.inputShapes().entrySet()) {
        switch (input.getKey()) {
          case "input_ids" -> {
            long[] read = decoderStart().isPresent() ? source : tokens;
            inputs.with("input_ids", read, 1, read.length);
          }
          case DECODER_IDS -> inputs.with(DECODER_IDS, tokens, 1, length);
          case "attention_mask" ->
              inputs.with(
                  "attention_mask",
                  LongStream.generate(() -> 1).limit(length).toArray(),
                  1,
                  length);
          case "position_ids" ->
              inputs.with("position_ids", LongStream.range(0, length).toArray(), 1, length);
          default -> {
            inputs.withZeros(input.getKey(), nothingRemembered(input.getValue()));
          }
        }
      }
      FloatMatrix values = FloatMatrix.allocate(arena, length, vocabulary);
      graph.run(inputs, results.with(LOGITS, values, 1, length, vocabulary));
      return new WholeLogits(values, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** Logits of all tokens, and the memory they lie in. */
  private record WholeLogits(FloatMatrix values, Arena arena) implements Logits {
    @Override
    public FloatMatrix rows(int from, int to) {
      return values.rows(from, to);
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  /** One sequence; an extent that varies is the length of the past. */
  static long[] nothingRemembered(long[] shape) {
    long[] past = Arrays.stream(shape).map(extent -> Math.max(extent, 0)).toArray();
    past[0] = 1;
    return past;
  }

  private void requireKnown(String input, long[] shape) {
    boolean known =
        switch (input) {
          case "input_ids", "attention_mask", "position_ids" -> true;
          case DECODER_IDS -> decoderStart().isPresent();
          default -> input.startsWith("past_key_values.") && shape.length > 1 && shape[0] < 0;
        };
    if (!known) {
      throw new BadInputException(
          file.toString(),
          "it asks for an input '%s' %s".formatted(input, Arrays.toString(shape)),
          "known: input_ids, attention_mask, position_ids, past_key_values.N.NAME of [batch, …]");
    }
  }

  @Override
  public void close() {
    graph.close();
  }
}
