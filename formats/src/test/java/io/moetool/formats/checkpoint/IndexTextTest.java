package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IndexTextTest {
  @Test
  void anIndexReadsAsTransformersWritesIt() {
    Map<String, String> weightMap = new LinkedHashMap<>();
    weightMap.put("model.norm.weight", "model-00002-of-00002.safetensors");
    weightMap.put("lm_head.weight", "model-00001-of-00002.safetensors");
    weightMap.put("\u00fc\"", "model-00001-of-00002.safetensors");
    assertThat(IndexText.of(18_560_640, weightMap))
        .isEqualTo(
            """
            {
              "metadata": {
                "total_size": 18560640
              },
              "weight_map": {
                "lm_head.weight": "model-00001-of-00002.safetensors",
                "model.norm.weight": "model-00002-of-00002.safetensors",
                "\\u00fc\\"": "model-00001-of-00002.safetensors"
              }
            }
            """);
  }
}
