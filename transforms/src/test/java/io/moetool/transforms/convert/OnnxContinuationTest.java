package io.moetool.transforms.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.TensorView;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.SafetensorsFile;
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
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** A sequence in parts, each continuing from what the model remembered of those before. */
class OnnxContinuationTest {
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);
  private static final float TOLERANCE = 1e-4f;

  /** Longer than windows, and of the length at which rotations of long sequences do not differ. */
  private static final int SEQUENCE = 1;

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
  }

  @ParameterizedTest
  @MethodSource("io.moetool.transforms.convert.OnnxExportTest#decodersInBothForms")
  void partsHaveTheLogitsOfTheWhole(String name, OperatorForm form) {
    long[] tokens = tokens(name);
    try (OrtGraph graph = export(name, form);
        SafetensorsFile arrays =
            SafetensorsFile.open(new GoldenModel(name).folder().resolve("expected.safetensors"))) {
      TensorView expected = arrays.view("sequence." + SEQUENCE + ".logits");
      Map<String, OrtOutput> remembered = Map.of();
      int from = 0;
      for (int to : ends(tokens.length)) {
        Map<String, OrtOutput> found = run(graph, tokens, from, to, remembered);
        assertLogits(Objects.requireNonNull(found.get("logits")).floats(), expected, from);
        remembered.values().forEach(OrtOutput::close);
        remembered = found;
        from = to;
      }
      remembered.values().forEach(OrtOutput::close);
    }
  }

  @Test
  void latentAttentionRemembersLatentsAndOneRotatedKey() {
    try (OrtGraph graph = export("deepseek-v3", OperatorForm.FUSED)) {
      // kv_lora_rank 12 and qk_rope_head_dim 8, not 4 heads of 6 + 8 and 10
      assertThat(graph.inputShapes().get("past_key_values.0.key")).containsExactly(-1, 1, -1, 12);
      assertThat(graph.inputShapes().get("past_key_values.0.value")).containsExactly(-1, 1, -1, 8);
    }
  }

  /** Where parts end; a part holds at least one token. */
  private static SortedSet<Integer> ends(int length) {
    return new TreeSet<>(List.of(3, length - 2, length - 1, length));
  }

  /** All outputs of one call. */
  private static Map<String, OrtOutput> run(
      OrtGraph graph, long[] tokens, int from, int to, Map<String, OrtOutput> remembered) {
    Map<String, OrtOutput> found = new LinkedHashMap<>();
    for (String output : graph.outputShapes().keySet()) {
      try (OrtInputs inputs = graph.inputs()) {
        inputs.with("input_ids", Arrays.copyOfRange(tokens, from, to), 1, to - from);
        inputs.with("attention_mask", LongStream.generate(() -> 1).limit(to).toArray(), 1, to);
        graph
            .inputShapes()
            .forEach((input, shape) -> {
              if (input.startsWith("past_key_values.")) {
                OrtOutput past = remembered.get(input.replace("past_key_values", "present"));
                if (past == null) {
                  long[] nothing =
                      Arrays.stream(shape).map(extent -> Math.max(extent, 0)).toArray();
                  nothing[0] = 1;
                  inputs.withZeros(input, nothing);
                } else {
                  inputs.with(input, past);
                }
              }
            });
        found.put(output, graph.run(inputs, output));
      }
    }
    return found;
  }

  private static void assertLogits(float[] logits, TensorView expected, int from) {
    int vocabulary = Math.toIntExact(expected.shape().dim(1));
    for (int i = 0; i < logits.length; i++) {
      float want =
          expected
              .bytes()
              .getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) from * vocabulary + i);
      assertThat(logits[i]).isCloseTo(want, within(TOLERANCE));
    }
  }

  private OrtGraph export(String name, OperatorForm form) {
    Path out = folder.resolve("out");
    try (SourceModel source = new GoldenModel(name).open()) {
      new OnnxExport(ExportSource.of(source), form, ExportPrecision.FLOAT32, "test", ENGINE, POOL)
          .write(out, WriteProgress.none());
    }
    return ENGINE.graph(out.resolve("model.onnx"));
  }

  private static long[] tokens(String name) {
    JsonNode ids = new GoldenModel(name).expected().get("sequences").get(SEQUENCE).get("tokens");
    return ids.valueStream().mapToLong(JsonNode::longValue).toArray();
  }
}
