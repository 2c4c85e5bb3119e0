package io.moetool.transforms.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.ort.OrtOutput;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** States that exported models with recurrent layers hand on from call to call. */
class ExportedStatesTest {
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);
  private static final Offset<Float> NEAR = within(2e-4f);

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
  }

  static Stream<Arguments> recurrentModelsInBothForms() {
    return Stream.of("qwen3-next", "qwen3-next-dense-layer", "jamba", "jamba-biased-projections")
        .flatMap(name -> Stream.of(OperatorForm.values()).map(form -> Arguments.of(name, form)));
  }

  @ParameterizedTest
  @MethodSource("recurrentModelsInBothForms")
  void goingOnFromStatesIsTheSameAsNotStopping(String name, OperatorForm form) {
    long[] tokens = sequence(name, 2);
    try (OrtGraph graph = export(name, form)) {
      float[] whole = new Call(graph, 1, tokens, ones(tokens.length), Map.of()).run("logits");
      Map<String, OrtOutput> states = new LinkedHashMap<>();
      List<Float> found = new ArrayList<>();
      int from = 0;
      // A first call shorter than the convolutions, one longer, then token by token.
      for (int to : new int[] {2, 9, 10, 11}) {
        long[] piece = Arrays.copyOfRange(tokens, from, to);
        Call call = new Call(graph, 1, piece, ones(to), Map.copyOf(states));
        for (float logit : call.run("logits")) {
          found.add(logit);
        }
        Map<String, OrtOutput> after = call.states();
        states.values().forEach(OrtOutput::close);
        states.clear();
        states.putAll(after);
        from = to;
      }
      states.values().forEach(OrtOutput::close);
      for (int i = 0; i < found.size(); i++) {
        assertThat(found.get(i)).isCloseTo(whole[i], NEAR);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("recurrentModelsInBothForms")
  void paddingAfterAShorterSequenceLeavesItsStatesAsTheyAre(String name, OperatorForm form) {
    long[] shorter = sequence(name, 1);
    long[] longer = sequence(name, 2);
    long[] batch = Arrays.copyOf(shorter, 2 * longer.length);
    System.arraycopy(longer, 0, batch, longer.length, longer.length);
    long[] mask = ones(2 * longer.length);
    Arrays.fill(mask, shorter.length, longer.length, 0);
    try (OrtGraph graph = export(name, form)) {
      Call padded = new Call(graph, 2, batch, mask, Map.of());
      Call alone = new Call(graph, 1, shorter, ones(shorter.length), Map.of());
      int states = 0;
      for (String output : graph.outputShapes().keySet()) {
        if (output.endsWith(".conv") || output.endsWith(".recurrent")) {
          float[] expected = alone.run(output);
          float[] first = Arrays.copyOf(padded.run(output), expected.length);
          assertThat(first).containsExactly(expected, NEAR);
          states++;
        }
      }
      assertThat(states).isPositive();
    }
  }

  /** One call of an exported model; states that are not given are those before the first token. */
  private static final class Call {
    private final OrtGraph graph;
    private final int batch;
    private final long[] tokens;
    private final long[] mask;
    private final Map<String, OrtOutput> past;

    Call(OrtGraph graph, int batch, long[] tokens, long[] mask, Map<String, OrtOutput> past) {
      this.graph = graph;
      this.batch = batch;
      this.tokens = tokens;
      this.mask = mask;
      this.past = past;
    }

    float[] run(String output) {
      try (OrtInputs inputs = inputs();
          OrtOutput result = graph.run(inputs, output)) {
        return result.floats();
      }
    }

    Map<String, OrtOutput> states() {
      Map<String, OrtOutput> states = new LinkedHashMap<>();
      for (String output : graph.outputShapes().keySet()) {
        if (output.startsWith("present.")) {
          try (OrtInputs inputs = inputs()) {
            states.put(output, graph.run(inputs, output));
          }
        }
      }
      return states;
    }

    private OrtInputs inputs() {
      OrtInputs inputs =
          graph
              .inputs()
              .with("input_ids", tokens, batch, tokens.length / batch)
              .with("attention_mask", mask, batch, mask.length / batch);
      graph
          .inputShapes()
          .forEach((name, shape) -> {
            if (name.startsWith("past_key_values.")) {
              OrtOutput before = past.get("present." + name.substring("past_key_values.".length()));
              if (before == null) {
                long[] nothing = Arrays.stream(shape).map(extent -> Math.max(extent, 0)).toArray();
                nothing[0] = batch;
                inputs.withZeros(name, nothing);
              } else {
                inputs.with(name, before);
              }
            }
          });
      return inputs;
    }
  }

  private OrtGraph export(String name, OperatorForm form) {
    Path out = folder.resolve(form.key());
    try (SourceModel source = new GoldenModel(name).open()) {
      new OnnxExport(ExportSource.of(source), form, ExportPrecision.FLOAT32, "test", ENGINE, POOL)
          .write(out, WriteProgress.none());
    }
    return ENGINE.graph(out.resolve("model.onnx"));
  }

  private static long[] sequence(String name, int index) {
    JsonNode expected = new GoldenModel(name).expected();
    JsonNode tokens = expected.get("sequences").get(index).get("tokens");
    return tokens.valueStream().mapToLong(JsonNode::longValue).toArray();
  }

  private static long[] ones(int count) {
    long[] ones = new long[count];
    Arrays.fill(ones, 1);
    return ones;
  }
}
