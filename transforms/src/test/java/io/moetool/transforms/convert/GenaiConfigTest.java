package io.moetool.transforms.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class GenaiConfigTest {
  private static final Path BUNDLED = Path.of("../examples/tinymoe-6d");
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  @TempDir private Path folder;

  @Test
  void namesAndExtentsAreThoseOfTheGraph() {
    Path out = folder.resolve("out");
    try (SourceModel source = SourceModel.open(BUNDLED, FamilyCatalog.builtIn());
        WorkPool pool = new WorkPool(2)) {
      new OnnxExport(
              ExportSource.of(source),
              OperatorForm.FUSED,
              ExportPrecision.FLOAT32,
              "test",
              ENGINE,
              pool)
          .write(out, WriteProgress.none());
    }
    JsonNode model = Json.readObject(out.resolve("genai_config.json")).get("model");
    JsonNode decoder = model.get("decoder");
    JsonNode inputs = decoder.get("inputs");
    JsonNode outputs = decoder.get("outputs");
    long heads = decoder.get("num_key_value_heads").longValue();
    long width = decoder.get("head_size").longValue();
    int layers = decoder.get("num_hidden_layers").intValue();

    assertThat(model.get("context_length").intValue()).isEqualTo(256);
    assertThat(model.get("bos_token_id").intValue()).isZero();
    assertThat(model.get("eos_token_id").get(0).intValue()).isZero();
    try (OrtGraph graph = ENGINE.graph(out.resolve(decoder.get("filename").stringValue()))) {
      for (int layer = 0; layer < layers; layer++) {
        for (String kind : new String[] {"key", "value"}) {
          String past = inputs.get("past_" + kind + "_names").stringValue().formatted(layer);
          String present = outputs.get("present_" + kind + "_names").stringValue().formatted(layer);
          assertThat(graph.inputShapes().get(past)).containsExactly(-1, heads, -1, width);
          assertThat(graph.outputShapes()).containsKey(present);
        }
      }
      assertThat(graph.inputShapes())
          .hasSize(2 + 2 * layers)
          .containsKey(inputs.get("input_ids").stringValue())
          .containsKey(inputs.get("attention_mask").stringValue());
      assertThat(graph.outputShapes().get(outputs.get("logits").stringValue()))
          .containsExactly(-1, -1, model.get("vocab_size").longValue());
    }
  }

  @ParameterizedTest
  @CsvSource({"deepseek-v3,true", "qwen3-next,true", "jamba,true", "gpt-oss,false"})
  void otherCachesCannotBeDescribed(String name, boolean cannot) {
    try (SourceModel source = new GoldenModel(name).open()) {
      assertThat(GenaiConfig.obstacle(source.architecture()).isPresent()).isEqualTo(cannot);
    }
  }
}
