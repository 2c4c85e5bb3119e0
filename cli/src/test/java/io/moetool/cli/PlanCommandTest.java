package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.formats.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class PlanCommandTest {
  private static final Path MODEL = Golden.model("qwen3-moe");
  private static final String PLANTED = "model.layers.1.mlp.experts.5.down_proj.weight";

  @TempDir private Path folder;

  private Path statistics() {
    Path out = folder.resolve("analysis");
    Path base = Golden.model("qwen3-moe-bf16");
    Run.of("analyze", MODEL, "--base", base, "--data", Golden.data("qwen3-moe", folder), "-o", out);
    return out;
  }

  @Test
  void theSameInputsGiveTheSameBytes() throws IOException {
    Path statistics = statistics();
    Path first = folder.resolve("first.json");
    Path second = folder.resolve("second.json");

    Run.of("plan", MODEL, "--statistics", statistics, "--method", "reap", "--keep", 4, "-o", first);
    Run.of(
        "plan",
        MODEL,
        "--statistics",
        statistics,
        "--method",
        "reap",
        "--remove",
        "50%",
        "-o",
        second,
        "--threads",
        1);

    assertThat(Files.readString(second))
        .isEqualTo(Files.readString(first).replace("\"keep 4\"", "\"remove 50%\""));
  }

  @Test
  void jsonIsThePlan() throws IOException {
    Path out = folder.resolve("plan.json");

    Run run =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            statistics(),
            "--method",
            "reap",
            "--keep",
            4,
            "-o",
            out,
            "--json");

    assertThat(run.code()).isZero();
    assertThat(run.out()).isEqualTo(Files.readString(out));
    JsonNode layer = run.json().get("layers").get(0);
    assertThat(layer.get("kept")).hasSize(4);
    assertThat(layer.get("dropped")).hasSize(4);
  }

  @Test
  void superExpertsStayUnlessToldOtherwise() {
    Path model = Golden.withLargerTensor("qwen3-moe", PLANTED, 1000, folder);
    Path analysis = folder.resolve("analysis");
    Run.of("analyze", model, "--data", Golden.data("qwen3-moe", folder), "-o", analysis);

    // By lot, and with this seed the planted expert goes.
    Run free = lot(model, "--statistics", analysis, "--no-protect-super-experts");
    assertThat(free.json().at("/layers/1/dropped").toString()).contains("5");
    assertThat(free.json().at("/options/protection").size()).isZero();
    Run kept = lot(model, "--statistics", analysis);
    assertThat(kept.json().at("/layers/1/protected").toString()).isEqualTo("[5]");
    assertThat(kept.json().at("/layers/1/kept").toString()).contains("5");
    assertThat(kept.json().at("/layers/0/protected").size()).isZero();
    assertThat(kept.json().at("/layers/1/reasons/0").stringValue())
        .startsWith("expert 5 is protected: super expert, largest output ");
    assertThat(kept.json().at("/options/protection/0").stringValue())
        .startsWith("super experts: largest |output| set apart");
  }

  @Test
  void aProtectListIsAFileThatAnalyzeWrites() {
    Path model = Golden.withLargerTensor("qwen3-moe", PLANTED, 1000, folder);
    Path analysis = folder.resolve("analysis");
    Run.of("analyze", model, "--data", Golden.data("qwen3-moe", folder), "-o", analysis);
    Path list = analysis.resolve("protect.json");

    assertThat(lot(model, "--protect", list).json().at("/layers/1/protected").toString())
        .isEqualTo("[5]");
    Golden.edit(list, "\"expert\": 5", "\"expert\": 8");
    Run run = lot(model, "--protect", list);
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err())
        .isEqualTo(
            """
            moetool: %s: there is no expert 8 in layer 1
              name experts 0 to 7 of layers [0, 1]
            """
                .formatted(list));
  }

  private Run lot(Path model, Object... options) {
    List<Object> arguments =
        new ArrayList<>(List.of("plan", model, "--method", "random", "--seed", 4, "--keep", 4));
    arguments.addAll(List.of("-o", folder.resolve("lot.json"), "--json", "-q"));
    arguments.addAll(List.of(options));
    return Run.of(arguments.toArray());
  }

  @Test
  void weightsAloneAreEnoughForSomeMethods() {
    Run run =
        Run.of(
            "plan", MODEL, "--method", "magnitude", "--keep", 4, "-o", folder.resolve("plan.json"));

    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("prune by magnitude: 4 of 8 experts stay in every layer");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "--method reap --keep 4, this method needs data: name what analyze wrote with --statistics"
            + " DIR",
        "--keep 4, Missing required option: '--method=M'",
        "--method magnitude, `say how many experts stay: one of --keep N, --remove 50%, --target-bytes"
            + " SIZE and --target-active-parameters N`",
        "--method magnitude --keep 4 --floor 4, --floor has no effect without --budget global or"
            + " damage",
        "--method magnitude --keep 4 --min-tokens 4, --min-tokens has no effect with method"
            + " magnitude: it does not judge by data",
        "--method random --keep 4 --domains a=1, --domains has no effect with method random: it does"
            + " not judge by data",
        "--method magnitude --keep 4 --budget global --multiple-of 4, `--multiple-of asks for the same"
            + " number in every layer, --budget does not`",
        "--method magnitude --keep 4 --budget counts.json, `a file of counts (--budget counts.json) is"
            + " the target: give no other`",
        "--from-mask m.json --keep 4, --keep has no effect with --from-mask: the mask has decided",
        "--from-mask m.json --statistics s, --statistics has no effect with --from-mask: the mask has"
            + " decided",
        "--method magnitude --keep 0, 0 experts cannot be kept; at least 1",
        "--method magnitude --remove lots, 'lots' is no share; write 50% or 0.5",
        "--method magnitude --keep 4 --seed 1, --seed has no effect with method magnitude",
        "--method magnitude --keep 4 --protect-super-experts, --protect-super-experts has no effect"
            + " without --statistics",
        "--method magnitude --keep 4 --pack code, --pack has no effect without --task-pack",
        "--method magnitude --keep 4 --pack-experts 2, --pack-experts has no effect without"
            + " --task-pack",
        "--task-pack t.json --keep 4, --task-pack needs domains: name some with --pack",
        "--task-pack t.json --pack a=0 --keep 4, --pack gives a the weight 0.0; above 0",
        "--task-pack t.json --pack a --pack-ranking best --keep 4, `task packs have no ranking 'best';"
            + " choose one of easy_ep, tcess`",
        "--task-pack t.json --pack a --method reap --keep 4, `--method has no effect with --task-pack,"
            + " which ranks all experts of each layer; with --pack-experts N it ranks N`",
        "--task-pack t.json --pack a --budget global --keep 4, `--budget global has no effect with"
            + " --task-pack, which ranks all experts of each layer`",
        "--task-pack t.json --pack a --pack-experts 2 --keep 4, Missing required option:"
            + " '--method=M'",
        "--task-pack t.json --pack a --method ream --keep 4, --task-pack has no effect with a method"
            + " that groups experts",
        "--from-mask m.json --task-pack t.json, --task-pack has no effect with --from-mask: the mask"
            + " has decided"
      },
      quoteCharacter = '`')
  void incompleteDecisionsAreWrongUsage(String options, String problem) {
    Run run =
        Run.of(
            (Object[])
                ("plan " + MODEL + " -o " + folder.resolve("p.json") + " " + options)
                    .split(" ", -1));

    assertThat(run)
        .isEqualTo(new Run(2, "", "moetool: " + problem + "\n  see 'moetool plan --help'\n"));
  }

  /** What goes at a quarter goes at a half too, whatever the method. */
  @Test
  void aSmallerChoiceLiesInALargerOne() {
    Path statistics = statistics();
    for (String method : SaliencyCatalog.names()) {
      JsonNode before = null;
      for (int keep = 6; keep >= 3; keep--) {
        JsonNode plan =
            Run.of(
                    "plan",
                    MODEL,
                    "--statistics",
                    statistics,
                    "--method",
                    method,
                    "--keep",
                    keep,
                    "-o",
                    folder.resolve("nested.json"),
                    "--json",
                    "-q")
                .json();
        for (int layer = 0; before != null && layer < plan.get("layers").size(); layer++) {
          assertThat(plan.at("/layers/%d/dropped".formatted(layer)))
              .as(method)
              .containsAll(before.at("/layers/%d/dropped".formatted(layer)));
        }
        before = plan;
      }
    }
  }

  @Test
  void masksGoOutAndIn() throws IOException {
    Path mask = folder.resolve("mask.json");
    Path plan = folder.resolve("plan.json");
    Path again = folder.resolve("again.json");
    Run.of("plan", MODEL, "--method", "random", "--keep", 4, "--mask-out", mask, "-o", plan);
    Run run = Run.of("plan", MODEL, "--from-mask", mask, "--mask-out", mask, "-o", again);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("prune by mask: 4 of 8 experts stay in every layer");
    assertThat(kept(again)).isEqualTo(kept(plan));
    Golden.write(mask, "{}");
    assertThat(Run.of("plan", MODEL, "--from-mask", mask, "-o", again).err())
        .isEqualTo(
            """
            moetool: %s: a list of rows is expected, found OBJECT
              give one row a layer with experts, of one 0 or 1 an expert
            """
                .formatted(mask));
    assertThat(
            Run.of("plan", MODEL, "--method", "random", "--keep", 4, "--mask-out", mask, "-o", plan)
                .err())
        .contains("exists and is no mask");
  }

  private static List<String> kept(Path plan) {
    return Json.readObject(plan)
        .get("layers")
        .valueStream()
        .map(layer -> layer.get("kept").toString())
        .toList();
  }

  @Test
  void aPlanSaysWhatItCostsAndWhereTheResultLoads() {
    Run run =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            statistics(),
            "--method",
            "aimer",
            "--target-bytes",
            "100kB",
            "--multiple-of",
            2,
            "-o",
            folder.resolve("p.json"),
            "--json",
            "-q");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.json().at("/forecast/bytesAfter").asLong()).isLessThanOrEqualTo(100_000);
    assertThat(run.json().get("expertsAfter").intValue() % 2).isZero();
    assertThat(run.json().at("/layers/0/damage").doubleValue()).isBetween(1e-9, 1.);
    assertThat(run.json().at("/loading/0/program").stringValue()).isEqualTo("transformers");
  }

  @Test
  void layersOfAFamilyWithoutBiasesKeepTheSameNumber() {
    Run run =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            statistics(),
            "--method",
            "reap",
            "--keep",
            4,
            "--budget",
            "global",
            "-o",
            folder.resolve("p.json"),
            "-q");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err())
        .contains("budget global, at least 3 in every layer: layers keep different numbers")
        .contains("keep the same number in every layer (--budget uniform)")
        .contains("moetool plan … --to onnx");
  }

  @Test
  void inAnOnnxModelEveryLayerKeepsItsOwnNumber() throws IOException {
    Path counts = folder.resolve("counts.json");
    Path plan = folder.resolve("uneven.json");
    Path out = folder.resolve("uneven");
    Files.writeString(counts, "[6, 3]");
    Run planned =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            statistics(),
            "--method",
            "reap",
            "--budget",
            counts,
            "--to",
            "onnx",
            "-o",
            plan);
    assertThat(planned.code()).isZero();
    assertThat(planned.out()).contains("at most 6 of 8 experts stay").contains("ONNX Runtime");

    assertThat(Run.of("prune", MODEL, "--plan", plan, "-o", out).err())
        .contains("a checkpoint has one count for all layers")
        .contains("moetool convert MODEL --plan plan.json --to onnx");
    assertThat(Run.of("convert", MODEL, "--plan", plan, "--to", "onnx", "-o", out).code()).isZero();
    Run inspected = Run.of("inspect", out);
    assertThat(inspected.code()).isZero();
    assertThat(inspected.out()).contains("0  6 experts").contains("1  3 experts");
    Path data = Golden.data("qwen3-moe", folder);
    JsonNode sweep =
        Run.of("validate", MODEL, "--sweep", plan, "--sweep", out, "--data", data, "--json").json();
    JsonNode unwritten = sweep.get("candidates").get(0).get("candidate").get("meanNll");
    JsonNode exported = sweep.get("candidates").get(1).get("candidate").get("meanNll");
    assertThat(exported.doubleValue()).isCloseTo(unwritten.doubleValue(), within(2e-5));
  }

  @Test
  void domainsAreMixedByWeight() {
    Run run =
        Run.of(
            "plan",
            MODEL,
            "--statistics",
            statistics(),
            "--method",
            "reap",
            "--keep",
            4,
            "--domains",
            "nowhere=1",
            "-o",
            folder.resolve("p.json"),
            "-q");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("no data of domain 'nowhere' was measured");
  }

  @Test
  void whatDomainsNeedStays() {
    Path analysis = statistics();
    JsonNode pack = Json.readObject(analysis.resolve("task-packs.json")).at("/packs/0");
    String domain = pack.get("domain").stringValue();
    assertThat(pack.get("method").stringValue()).isEqualTo("easy_ep");
    List<Integer> ranking =
        pack.at("/layers/1/ranking").valueStream().map(JsonNode::intValue).toList();

    Run alone = packed(analysis, domain, "--keep", 4);
    assertThat(alone.code()).as(alone.err()).isZero();
    assertThat(alone.json().get("method").stringValue()).isEqualTo("task_pack");
    assertThat(alone.json().at("/layers/1/kept").valueStream().map(JsonNode::intValue))
        .containsExactlyInAnyOrderElementsOf(ranking.subList(0, 4));

    Run filled =
        packed(analysis, domain, "--keep", 4, "--pack-experts", 2, "--method", "magnitude");
    assertThat(filled.code()).as(filled.err()).isZero();
    assertThat(filled.json().at("/layers/1/protected").valueStream().map(JsonNode::intValue))
        .containsExactlyInAnyOrderElementsOf(ranking.subList(0, 2));

    Run tooMany =
        packed(analysis, domain, "--keep", 4, "--pack-experts", 6, "--method", "magnitude");
    assertThat(tooMany.code()).isEqualTo(3);
    assertThat(tooMany.err())
        .contains("6 experts are protected")
        .contains("only 4 may stay")
        .contains("keep at least 6 experts");

    Run unknown = packed(analysis, "nowhere", "--keep", 4);
    assertThat(unknown.code()).isEqualTo(3);
    assertThat(unknown.err())
        .contains("there is no task pack for domain 'nowhere'")
        .contains("name some of " + domain);
  }

  private Run packed(Path packs, String domain, Object... options) {
    List<Object> arguments =
        new ArrayList<>(List.of("plan", MODEL, "--task-pack", packs, "--pack", domain));
    arguments.addAll(List.of("-o", folder.resolve("packed.json"), "--json", "-q"));
    arguments.addAll(List.of(options));
    return Run.of(arguments.toArray());
  }

  @Test
  void unknownMethodsAreListed() {
    Run run =
        Run.of("plan", MODEL, "--method", "astrology", "--keep", 4, "-o", folder.resolve("p.json"));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("moetool: there is no method 'astrology'; choose one of frequency, ");
  }

  @Test
  void fewerExpertsThanATokenUsesIsBadInput() {
    assertThat(
            Run.of(
                "plan",
                MODEL,
                "--method",
                "magnitude",
                "--keep",
                2,
                "-o",
                folder.resolve("p.json"),
                "-q"))
        .isEqualTo(
            new Run(
                3,
                "",
                """
                moetool: keep 2: 2 of 8 experts per layer would stay, but every token uses 3
                  keep at least 3 experts (remove at most 62.5%)
                """));
    assertThat(Golden.list(folder)).isEmpty();
  }

  @Test
  void statisticsOfAnotherModelAreBadInput() {
    Run run =
        Run.of(
            "plan",
            Golden.model("mixtral"),
            "--statistics",
            statistics(),
            "--method",
            "reap",
            "--keep",
            4,
            "-o",
            folder.resolve("p.json"));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("the statistics are of another model (sha256:");
  }

  @Test
  void aFileThatIsNoPlanIsLeftAlone() throws IOException {
    Path file = Golden.write(folder.resolve("thesis.json"), "{}");

    assertThat(Run.of("plan", MODEL, "--method", "magnitude", "--keep", 4, "-o", file))
        .isEqualTo(
            new Run(
                3,
                "",
                "moetool: %s: exists and is no plan\n  choose another file or remove it\n"
                    .formatted(file)));
    assertThat(Files.readString(file)).isEqualTo("{}");
  }

  @Test
  void nothingIsWrittenIntoTheSource() {
    Path model = Golden.copy("qwen3-moe", folder);

    Run run =
        Run.of(
            "plan", model, "--method", "magnitude", "--keep", 4, "-o", model.resolve("plan.json"));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("lies inside the source");
    assertThat(Golden.list(model)).doesNotContain("plan.json");
  }
}
