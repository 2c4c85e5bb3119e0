package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.json.Json;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What commands do, and refuse to do, with a model whose encoder reads a source. */
class EncoderDecoderTest {
  private static final Path MODEL =
      Path.of("../runtime/src/test/resources/encoder/switch-transformers");

  @TempDir Path folder;

  @Test
  void aModelIsInspectedEvaluatedAndPrunedByLot() {
    JsonNode expected = Json.readObject(MODEL.resolve("expected.json"));
    Path data = data(expected);
    Path plan = folder.resolve("plan.json");
    Path out = folder.resolve("out");

    JsonNode inspection = Run.of("inspect", MODEL, "--json").json();
    JsonNode evaluation = Run.of("evaluate", MODEL, "--data", data, "--json").json();
    Run decision = Run.of("plan", MODEL, "--method", "random", "--keep", 4, "-o", plan);
    Run prune = Run.of("prune", MODEL, "--plan", plan, "-o", out);

    assertThat(inspection.get("findings")).isEmpty();
    assertThat(inspection.get("loading").get(0).get("verdict").stringValue()).isEqualTo("yes");
    assertThat(inspection.get("loading").get(1).toString())
        .contains("vLLM", "no encoder-decoder models with experts");
    assertThat(evaluation.get("meanNll").doubleValue())
        .isCloseTo(expected.get("meanNll").doubleValue(), within(2e-5));
    assertThat(decision.err())
        .contains("removing experts raises the weights", "experts take 6 tokens of a sequence");
    assertThat(prune.code()).as(prune.err()).isZero();
    assertThat(Run.of("verify", out, "--source", MODEL).code()).isZero();
    assertThat(Run.of("inspect", out, "--json").json().get("experts").intValue()).isEqualTo(4);
    assertThat(Run.of("evaluate", out, "--data", data).code()).isZero();
  }

  @Test
  void whatIsNotDoneIsRefusedByName() {
    Path data = data(Json.readObject(MODEL.resolve("expected.json")));
    Path out = folder.resolve("out");

    Run convert = Run.of("convert", MODEL, "--to", "onnx", "-o", out);
    Run analyze = Run.of("analyze", MODEL, "--data", data, "-o", out);

    Run planned =
        Run.of(
            "plan",
            MODEL,
            "--method",
            "random",
            "--keep",
            4,
            "--to",
            "onnx",
            "-o",
            folder.resolve("plan.json"));

    assertThat(planned.out()).contains("no encoder-decoder models with experts");
    assertThat(convert.code()).isEqualTo(3);
    assertThat(convert.err())
        .contains("models of the family switch_transformers have an encoder, and are not exported");
    assertThat(analyze.code()).isEqualTo(3);
    assertThat(analyze.err())
        .contains("family switch_transformers: what experts do is not measured");
    assertThat(out).doesNotExist();
  }

  private Path data(JsonNode expected) {
    StringBuilder rows = new StringBuilder();
    for (JsonNode sequence : expected.get("sequences")) {
      rows.append(
          "{\"sourceTokens\": %s, \"tokens\": %s}%n"
              .formatted(sequence.get("source"), sequence.get("target")));
    }
    return Golden.write(folder.resolve("data.jsonl"), rows.toString());
  }
}
