package io.moetool.runtime.run;

import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.ort.OrtResults;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/** Decodes with an exported model, which hands back what it has to remember of all tokens read. */
final class RememberingDecoder implements TokenDecoder {
  private static final String PAST = "past_key_values";
  private static final String PRESENT = "present";
  private static final String LOGITS = "logits";

  private final OrtGraph graph;
  private Optional<OrtResults> remembered = Optional.empty();
  private int length;

  RememberingDecoder(OrtGraph graph) {
    this.graph = graph;
  }

  @Override
  public float[] read(int[] tokens) {
    int end = length + tokens.length;
    try (OrtInputs inputs = graph.inputs()) {
      for (Map.Entry<String, long[]> input : graph.inputShapes().entrySet()) {
        String name = input.getKey();
        switch (name) {
          case "input_ids" ->
              inputs.with(name, Arrays.stream(tokens).asLongStream().toArray(), 1, tokens.length);
          case "attention_mask" ->
              inputs.with(name, LongStream.generate(() -> 1).limit(end).toArray(), 1, end);
          case "position_ids" ->
              inputs.with(name, LongStream.range(length, end).toArray(), 1, tokens.length);
          default -> remember(inputs, name, input.getValue());
        }
      }
      OrtResults results = graph.runAll(inputs);
      close();
      remembered = Optional.of(results);
      length = end;
      float[] logits = results.get(LOGITS).floats();
      return Arrays.copyOfRange(
          logits, logits.length - logits.length / tokens.length, logits.length);
    }
  }

  private void remember(OrtInputs inputs, String name, long[] shape) {
    if (remembered.isPresent()) {
      inputs.with(name, remembered.get().get(PRESENT + name.substring(PAST.length())));
    } else {
      inputs.withZeros(name, OnnxModel.nothingRemembered(shape));
    }
  }

  @Override
  public void close() {
    remembered.ifPresent(OrtResults::close);
    remembered = Optional.empty();
  }
}
