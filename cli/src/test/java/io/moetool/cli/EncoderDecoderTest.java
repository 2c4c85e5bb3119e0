package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.Analyzer;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.faults.Faults;
import io.moetool.faults.FaultyProvider;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.SourceModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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

  /** Texts of 17, 31 and 12 tokens, of which a decoder reads all but the last behind its start. */
  @Test
  void expertsArePrunedByWhatTheyDo() {
    JsonNode expected = Json.readObject(MODEL.resolve("expected.json"));
    Path data = data(expected);
    Path analysis = folder.resolve("analysis");
    Path plan = folder.resolve("plan.json");
    Path out = folder.resolve("out");

    Run analyze = Run.of("analyze", MODEL, "--data", data, "-o", analysis);
    Run decision =
        Run.of(
            "plan", MODEL, "--statistics", analysis, "--method", "reap", "--keep", 4, "-o", plan);
    Run prune = Run.of("prune", MODEL, "--plan", plan, "-o", out);
    Run direct =
        Run.of(
            "prune",
            MODEL,
            "--data",
            data,
            "--method",
            "reap",
            "--keep",
            4,
            "-o",
            folder.resolve("direct"));

    assertThat(analyze.code()).as(analyze.err()).isZero();
    assertThat(analyze.out())
        .contains("60 tokens and 72 of sources in 3 sequences")
        .contains("layers 0 to 3 are the encoder's and see sources, 4 to 6 the decoder's");
    assertThat(analyze.err())
        .contains(
            "experts take 6 tokens of a sequence, so some were dropped and count for no expert")
        .contains("36 of 72 in layer 1, 32 of 72 in layer 3, 34 of 60 in layer 5");
    JsonNode found = Json.readObject(analysis.resolve("analysis.json"));
    assertThat(found.get("model").get("encoderLayers").intValue()).isEqualTo(4);
    for (JsonNode layer : found.get("layers")) {
      JsonNode routing = layer.get("routing");
      assertThat(routing.get("dropped"))
          .isEqualTo(expected.get("droppedTokens").get(layer.get("layer").toString()));
      assertThat(routing.get("dropped").longValue() + total(layer.get("counts")))
          .isEqualTo(routing.get("tokens").longValue());
    }
    assertThat(decision.code()).as(decision.err()).isZero();
    assertThat(Json.readObject(plan).get("statistics").get("tokens").intValue()).isEqualTo(132);
    assertThat(prune.code()).as(prune.err()).isZero();
    assertThat(Run.of("verify", out, "--source", MODEL).code()).isZero();
    assertThat(Run.of("evaluate", out, "--data", data).code()).isZero();
    assertThat(direct.code()).as(direct.err()).isZero();
    assertThat(folder.resolve("direct/model.safetensors"))
        .hasSameBinaryContentAs(out.resolve("model.safetensors"));
  }

  /** M-SMoE: the four that took most tokens lead, and everyone counts by them. */
  @Test
  void expertsAreMergedByUse() {
    Path data = data(Json.readObject(MODEL.resolve("expected.json")));
    Path analysis = folder.resolve("analysis");
    Path plan = folder.resolve("plan.json");
    Path out = folder.resolve("out");
    assertThat(Run.of("analyze", MODEL, "--data", data, "-o", analysis).code()).isZero();

    Run decision =
        Run.of(
            "plan", MODEL, "--statistics", analysis, "--method", "m-smoe", "--keep", 4, "-o", plan);
    Run merge = Run.of("merge", MODEL, "--plan", plan, "-o", out);
    Run repair =
        Run.of(
            "merge",
            MODEL,
            "--plan",
            plan,
            "--data",
            data,
            "--repair",
            "least-squares",
            "-o",
            folder.resolve("repaired"));

    assertThat(decision.code()).as(decision.err()).isZero();
    JsonNode layers = Json.readObject(analysis.resolve("analysis.json")).get("layers");
    JsonNode planned = Json.readObject(plan).get("layers");
    for (int i = 0; i < layers.size(); i++) {
      JsonNode counts = layers.get(i).get("counts");
      JsonNode layer = planned.get(i);
      for (JsonNode group : layer.get("groups")) {
        long all = 0;
        for (JsonNode expert : group.get("experts")) {
          all += counts.get(expert.intValue()).longValue();
        }
        for (int member = 0; member < group.get("experts").size() && all > 0; member++) {
          int expert = group.get("experts").get(member).intValue();
          assertThat(group.get("weights").get(member).doubleValue())
              .isCloseTo(counts.get(expert).doubleValue() / all, within(1e-12));
        }
      }
    }
    assertThat(merge.code()).as(merge.err()).isZero();
    assertThat(Run.of("verify", out, "--source", MODEL).code()).isZero();
    assertThat(Run.of("inspect", out, "--json").json().get("experts").intValue()).isEqualTo(4);
    assertThat(Run.of("evaluate", out, "--data", data).code()).isZero();
    assertThat(repair.code()).isEqualTo(3);
    assertThat(repair.err()).contains("nothing is fitted on data where experts take 6 tokens");
  }

  private static long total(JsonNode numbers) {
    return numbers.valueStream().mapToLong(JsonNode::longValue).sum();
  }

  @Test
  void statisticsOfDisjointDataAddUpAndAreDrawn() {
    JsonNode sequences = Json.readObject(MODEL.resolve("expected.json")).get("sequences");
    List<Path> parts = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Path rows = Golden.write(folder.resolve("rows-%d.jsonl".formatted(i)), row(sequences.get(i)));
      parts.add(folder.resolve("part-" + i));
      assertThat(Run.of("analyze", MODEL, "--data", rows, "-o", parts.getLast()).code()).isZero();
    }
    Path both =
        Golden.write(folder.resolve("both.jsonl"), row(sequences.get(0)) + row(sequences.get(1)));
    Path sum = folder.resolve("sum");
    Path page = folder.resolve("page.html");

    Run add = Run.of("statistics", "add", parts.get(0), parts.get(1), "-o", sum);
    Run report = Run.of("statistics", "report", sum, "-o", page);
    Run together =
        Run.of(
            "analyze", MODEL, "--data", both, "-o", folder.resolve("whole"), "--sample-tokens", 0);

    assertThat(add.code()).as(add.err()).isZero();
    assertThat(report.code()).as(report.err()).isZero();
    assertThat(page).content().contains("Encoder's layers").contains("Tokens of sources");
    assertThat(together.code()).isZero();
    JsonNode added = Json.readObject(sum.resolve("analysis.json"));
    JsonNode whole = Json.readObject(folder.resolve("whole/analysis.json"));
    assertThat(added.get("data").get("sourceTokens").intValue()).isEqualTo(63);
    for (int layer = 0; layer < 3; layer++) {
      for (String what : List.of("counts", "routing")) {
        assertThat(added.get("layers").get(layer).get(what))
            .isEqualTo(whole.get("layers").get(layer).get(what));
      }
    }
  }

  /** Ended in the encoder, between both parts, and in the decoder. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4})
  void anEndedAnalysisGoesOnWithTheSameBytes(int layer) throws IOException {
    JsonNode expected = Json.readObject(MODEL.resolve("expected.json"));
    Path data = data(expected);
    Path whole = folder.resolve("whole");
    assertThat(Run.of("analyze", MODEL, "--data", data, "-o", whole).code()).isZero();
    Faults none = Faults.none(Files.createDirectory(folder.resolve("watched")));
    analyze(FaultyProvider.through(none, folder.resolve("watched/out")), expected);
    int last = none.steps().indexOf("force .out.partial/unfinished/states-" + (layer + 1));
    Path place = Files.createDirectory(folder.resolve("place"));
    Path out = place.resolve("out");

    Path ended = FaultyProvider.through(Faults.death(place, last), out);
    assertThat(catchThrowable(() -> analyze(ended, expected))).isNotNull();
    Run resumed = Run.of("analyze", MODEL, "--data", data, "-o", out, "--resume");

    assertThat(resumed.err()).contains("going on with an ended run");
    assertThat(resumed.code()).as(resumed.err()).isZero();
    for (String file : Golden.list(whole)) {
      assertThat(out.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  @Test
  void aMemoryLimitChangesNoByte() {
    Path data = data(Json.readObject(MODEL.resolve("expected.json")));
    Path free = folder.resolve("free");
    Path limited = folder.resolve("limited");
    assertThat(Run.of("analyze", MODEL, "--data", data, "-o", free).code()).isZero();
    Run refused =
        Run.of("analyze", MODEL, "--data", data, "-o", limited, "--memory-limit", "100MB");
    Matcher least =
        Pattern.compile("give at least --memory-limit ([0-9]+MB)").matcher(refused.err());
    assertThat(least.find()).as(refused.err()).isTrue();

    Run run =
        Run.of("analyze", MODEL, "--data", data, "-o", limited, "--memory-limit", least.group(1));

    assertThat(run.code()).as(run.err()).isZero();
    for (String file : Golden.list(free)) {
      assertThat(limited.resolve(file)).hasSameBinaryContentAs(free.resolve(file));
    }
  }

  @Test
  void layersOfBothPartsAreCompared() {
    Path data = data(Json.readObject(MODEL.resolve("expected.json")));

    Run run = Run.of("validate", MODEL, MODEL, "--data", data, "--layers", "--json");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.json().get("layers").valueStream().map(layer -> layer.get("layer").intValue()))
        .containsExactly(1, 3, 5);
  }

  /** Encoder and decoder in one graph, with a number of experts for each layer. */
  @Test
  void exportsLoseWhatTheCheckpointLoses() {
    JsonNode expected = Json.readObject(MODEL.resolve("expected.json"));
    Path data = data(expected);
    Path out = folder.resolve("out");
    Path analysis = folder.resolve("analysis");
    Path plan = folder.resolve("plan.json");
    Path uneven = folder.resolve("uneven");
    Path cut = folder.resolve("cut");

    Run convert = Run.of("convert", MODEL, "--to", "onnx", "-o", out);
    JsonNode evaluation = Run.of("evaluate", out, "--data", data, "--json").json();
    Run.of("analyze", MODEL, "--data", data, "-o", analysis);
    Run prune =
        Run.of("prune", out, "--statistics", analysis, "--method", "reap", "--keep", 4, "-o", cut);
    Run decision =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            analysis,
            "--method",
            "reap",
            "--keep",
            4,
            "--budget",
            "global",
            "--to",
            "onnx",
            "-o",
            plan);
    Run planned = Run.of("convert", MODEL, "--plan", plan, "--to", "onnx", "-o", uneven);

    assertThat(convert.code()).as(convert.err()).isZero();
    assertThat(convert.out()).contains("no genai_config.json: it describes decoders");
    assertThat(evaluation.get("meanNll").doubleValue())
        .isCloseTo(expected.get("meanNll").doubleValue(), within(2e-5));
    assertThat(prune.code()).as(prune.err()).isZero();
    assertThat(Run.of("evaluate", cut, "--data", data).code()).isZero();
    assertThat(decision.out()).contains("ONNX Runtime  yes");
    assertThat(planned.code()).as(planned.err()).isZero();
    assertThat(Run.of("evaluate", uneven, "--data", data).code()).isZero();
  }

  @Test
  void anExportBecomesTheCheckpointAgain() {
    Path out = folder.resolve("out");
    Path back = folder.resolve("back");
    assertThat(Run.of("convert", MODEL, "--to", "onnx", "-o", out).code()).isZero();

    Run restore = Run.of("convert", out, "--to", "safetensors", "-o", back);

    assertThat(restore.code()).as(restore.err()).isZero();
    try (SafetensorsFile expected = SafetensorsFile.open(MODEL.resolve("model.safetensors"));
        SafetensorsFile found = SafetensorsFile.open(back.resolve("model.safetensors"))) {
      assertThat(found.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String name : expected.names()) {
        assertThat(found.view(name).bytes().mismatch(expected.view(name).bytes()))
            .as(name)
            .isEqualTo(-1);
      }
    }
  }

  @Test
  void whatIsNotDoneIsRefusedByName() {
    Path data = data(Json.readObject(MODEL.resolve("expected.json")));
    Path out = folder.resolve("out");

    Run repair =
        Run.of(
            "prune",
            MODEL,
            "--data",
            data,
            "--method",
            "reap",
            "--keep",
            4,
            "--repair",
            "scalar",
            "-o",
            out);
    Run compress =
        Run.of("compress", MODEL, "--method", "camera", "--data", data, "--width", 16, "-o", out);

    assertThat(repair.code()).isEqualTo(3);
    assertThat(repair.err())
        .contains(
            "family switch_transformers: nothing is fitted on data where experts take 6 tokens");
    assertThat(compress.code()).isEqualTo(3);
    assertThat(compress.err()).contains("d_ff also says how wide the layers without experts are");
    assertThat(out).doesNotExist();
  }

  /** As the command, with a savepoint after every layer. */
  private static void analyze(Path out, JsonNode expected) throws IOException {
    List<TokenSequence> sequences = new ArrayList<>();
    for (JsonNode row : expected.get("sequences")) {
      IntStream text = IntStream.concat(IntStream.of(0), ids(row.get("target")));
      sequences.add(new TokenSequence("all", ids(row.get("source")).toArray(), text.toArray()));
    }
    try (SourceModel source = SourceModel.open(MODEL, FamilyCatalog.builtIn());
        WorkPool pool = new WorkPool(2);
        AnalysisFolder analysis =
            AnalysisFolder.begin(out, List.of(), Leftover.REFUSE, Duration.ZERO)) {
      Statistics statistics =
          new Measuring(source, pool, RunProgress.NONE)
              .weightsAnd(
                  new SequenceData(sequences),
                  OrtEngine.open(Device.CPU),
                  Measuring.SAMPLE_TOKENS,
                  Optional.empty(),
                  Optional.of(analysis));
      analysis.write(statistics, Analyzer.analyze(statistics));
    }
  }

  private static IntStream ids(JsonNode array) {
    return array.valueStream().mapToInt(JsonNode::intValue);
  }

  private Path data(JsonNode expected) {
    StringBuilder rows = new StringBuilder();
    expected.get("sequences").forEach(sequence -> rows.append(row(sequence)));
    return Golden.write(folder.resolve("data.jsonl"), rows.toString());
  }

  private static String row(JsonNode sequence) {
    return "{\"sourceTokens\": %s, \"tokens\": %s}%n"
        .formatted(sequence.get("source"), sequence.get("target"));
  }
}
