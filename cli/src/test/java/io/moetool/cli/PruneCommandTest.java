package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class PruneCommandTest {
  private static final Path MODEL = Golden.model("qwen3-moe");

  @TempDir private Path folder;

  private Path data;
  private Path statistics;
  private Path plan;
  private Path out;

  @BeforeEach
  void decide() {
    data = Golden.data("qwen3-moe", folder);
    statistics = folder.resolve("analysis");
    plan = folder.resolve("plan.json");
    out = folder.resolve("out");
    Run.of("analyze", MODEL, "--data", data, "-o", statistics);
    Run.of("plan", MODEL, "--statistics", statistics, "--method", "reap", "--keep", 4, "-o", plan);
  }

  @Test
  void planStatisticsAndDataGiveTheSameWeights() {
    Path byStatistics = folder.resolve("by-statistics");
    Path byData = folder.resolve("by-data");

    assertThat(Run.of("prune", MODEL, "--plan", plan, "-o", out).code()).isZero();
    assertThat(
            Run.of("prune", MODEL, "--statistics", statistics, "--keep", 4, "-o", byStatistics)
                .code())
        .isZero();
    assertThat(Run.of("prune", MODEL, "--data", data, "--keep", 4, "-o", byData).code()).isZero();

    for (String name : Golden.list(out)) {
      if (!name.equals("moetool-manifest.json")) {
        assertThat(byStatistics.resolve(name)).hasSameBinaryContentAs(out.resolve(name));
      }
      assertThat(byData.resolve(name)).hasSameBinaryContentAs(byStatistics.resolve(name));
    }
  }

  @Test
  void jsonHasTheKeysOfTheContract() {
    Run run = Run.of("prune", MODEL, "--plan", plan, "-o", out, "--json", "-q");

    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    JsonNode json = run.json();
    assertThat(json.propertyNames())
        .containsExactly(
            "output",
            "bytesBefore",
            "bytesAfter",
            "expertsBefore",
            "expertsAfter",
            "tensorsCopied",
            "tensorsChanged",
            "seconds");
    assertThat(json.get("expertsAfter").intValue()).isEqualTo(4);
    assertThat(json.get("tensorsChanged").intValue()).isEqualTo(2);
    assertThat(Run.of("inspect", out, "--json").json().get("experts").intValue()).isEqualTo(4);
  }

  @Test
  void aDryRunSaysSizesAndWhereItLoads() {
    Run run = Run.of("prune", MODEL, "--plan", plan, "-o", out, "--dry-run");

    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains(out + " would keep 4 of 8 experts")
        .contains("Nothing was written.")
        .contains("  transformers  yes ");
    assertThat(out).doesNotExist();
  }

  @Test
  void shardsAreNoLargerThanAskedFor() {
    Run.of("prune", MODEL, "--plan", plan, "-o", out, "--shard-size", "30kB");

    assertThat(Golden.list(out))
        .filteredOn(name -> name.endsWith(".safetensors"))
        .hasSizeGreaterThan(2);
    assertThat(Run.of("verify", out, "--source", MODEL).code()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "'', 'say what decides: one of --plan, --statistics and --data, or --task-pack'",
    "--plan p.json --data x.jsonl, 'say what decides: one of --plan, --statistics and --data, or --task-pack'",
    "--plan p.json --method reap, --method has no effect with --plan: the plan has decided",
    "--plan p.json --task-pack t, --task-pack has no effect with --plan: the plan has decided",
    "--task-pack t --pack a --pack-experts 2 --keep 4, 'this method needs data: name what analyze"
        + " wrote with --statistics DIR, or --data'",
    "--task-pack t --pack a --keep 4 --no-protect-super-experts, --no-protect-super-experts has no"
        + " effect without --statistics",
    "--plan p.json --keep 4, --keep has no effect with --plan: the plan has decided",
    "--statistics s --keep 4 --remove 50%, 'say how many experts stay: one of --keep N, --remove 50%,"
        + " --target-bytes SIZE and --target-active-parameters N'",
    "--statistics s, 'say how many experts stay: one of --keep N, --remove 50%, --target-bytes SIZE"
        + " and --target-active-parameters N'",
    "--plan p.json --budget global, --budget has no effect with --plan: the plan has decided",
    "--plan p.json --repair scalar, --repair needs data to fit on: name some with --data",
    "--plan p.json --repair-tokens 9, --repair-tokens has no effect without --repair",
    "--statistics s --keep 4 --sibling, --sibling has no effect without --plan",
    "--statistics s --keep 4 --max-tokens 9, --max-tokens has no effect without --data",
    "--statistics s --keep 4 --compute float32, --compute has no effect without --data"
  })
  void contradictoryOptionsAreWrongUsage(String options, String problem) {
    String line = "prune " + MODEL + " -o " + out + " " + options;

    assertThat(Run.of((Object[]) line.strip().split(" ", -1)))
        .isEqualTo(new Run(2, "", "moetool: " + problem + "\n  see 'moetool prune --help'\n"));
  }

  @Test
  void aRepairIsSaidInTheManifestAndProvenBySource() {
    Run run =
        Run.of(
            "prune",
            MODEL,
            "--plan",
            plan,
            "--repair",
            "scalar",
            "--repair-tokens",
            20,
            "--data",
            data,
            "-o",
            out);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("repair: squared error of what experts add, mean over layers: ");
    JsonNode repair = Json.readObject(out.resolve("moetool-manifest.json")).at("/plan/repair");
    assertThat(repair.get("kind").stringValue()).isEqualTo("scalar");
    assertThat(repair.get("tokens").intValue()).isEqualTo(20);
    assertThat(Run.of("verify", out, "--source", MODEL).code()).isZero();
    assertThat(out.resolve("README.md")).content().contains("| layer | factor | error before |");
  }

  @Test
  void aRouterIsFittedAnewAndProvenBySource() {
    Run run =
        Run.of("prune", MODEL, "--plan", plan, "--repair", "router", "--data", data, "-o", out);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("repair: squared error of what experts add, mean over layers: ");
    assertThat(
            Json.readObject(out.resolve("moetool-manifest.json"))
                .at("/plan/repair/kind")
                .stringValue())
        .isEqualTo("router");
    assertThat(Run.of("verify", out, "--source", MODEL).code()).isZero();
    assertThat(out.resolve("README.md"))
        .content()
        .contains("the rows of routers were fitted anew")
        .contains("| layer | error before | error after |");
  }

  @Test
  void whatADomainNeedsIsPrunedWithoutAPlan() {
    Path analysis = folder.resolve("analysis");
    assertThat(Run.of("analyze", MODEL, "--data", data, "-o", analysis).code()).isZero();
    String domain =
        Json.readObject(analysis.resolve("task-packs.json")).at("/packs/0/domain").stringValue();

    Run run =
        Run.of("prune", MODEL, "--task-pack", analysis, "--pack", domain, "--keep", 4, "-o", out);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(out.resolve("README.md"))
        .content()
        .contains("- Mix of domains: %s=1, by places in task packs (easy_ep).".formatted(domain));
    assertThat(Run.of("verify", out, "--source", MODEL).code()).isZero();
  }

  @Test
  void aPlanThatWasEditedWrongIsRefusedWithItsPlace() {
    Golden.write(plan, Json.write(Json.readObject(plan).put("expertsAfter", 5)));

    Run run = Run.of("prune", MODEL, "--plan", plan, "-o", out, "--json");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .isEqualTo(
            """
            moetool: %s, layer 0: 4 experts are kept, in the other layers 5 (expertsAfter); a checkpoint has one count for all layers
              keep 5 experts in layer 0, or change expertsAfter and every layer
            """
                .formatted(plan));
    assertThat(out).doesNotExist();
  }

  @Test
  void aMisspeltKeyInAPlanIsRefused() {
    Golden.edit(plan, "\"expertsAfter\"", "\"expertAfter\"");

    Run run = Run.of("prune", MODEL, "--plan", plan, "-o", out);

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).startsWith("moetool: " + plan + " line ").contains("expertAfter");
    assertThat(out).doesNotExist();
  }

  @Test
  void aPlanForAnotherModelIsRefused() {
    Run run = Run.of("prune", Golden.model("qwen3-moe-raw-gates"), "--plan", plan, "-o", out);

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("it was made for another checkpoint: sha256:");
    assertThat(out).doesNotExist();
  }

  @Test
  void aMissingPlanIsBadInput() {
    Path missing = folder.resolve("missing.json");

    assertThat(Run.of("prune", MODEL, "--plan", missing, "-o", out))
        .isEqualTo(
            new Run(3, "", "moetool: %s: no such file\n  check the path\n".formatted(missing)));
  }

  @Test
  void anExistingOutputIsLeftAlone() throws IOException {
    Files.createDirectory(out);

    assertThat(Run.of("prune", MODEL, "--plan", plan, "-o", out))
        .isEqualTo(
            new Run(
                3,
                "",
                "moetool: %s: exists\n  choose another folder or remove it\n".formatted(out)));
    assertThat(Golden.list(out)).isEmpty();
  }

  @Test
  void aSourceWithAMissingExpertLeavesNothingBehind() {
    Path model = Golden.copy("qwen3-moe", folder);
    Golden.edit(model.resolve("config.json"), "\"num_experts\": 8", "\"num_experts\": 9");

    Run run = Run.of("prune", model, "--data", data, "--keep", 4, "-o", out);

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("expert 8 is missing");
    assertThat(Golden.list(folder))
        .containsExactly("analysis", "plan.json", "qwen3-moe", "qwen3-moe.jsonl");
  }

  @Test
  void verifyFindsAFileThatWasTouched() throws IOException {
    Run.of("prune", MODEL, "--plan", plan, "-o", out);
    Path config = out.resolve("config.json");
    Files.writeString(config, Files.readString(config) + "\n");

    Run run = Run.of("verify", out, "--json");

    assertThat(run.code()).isEqualTo(4);
    assertThat(run.json().get("passed").booleanValue()).isFalse();
    assertThat(run.json().get("findings").get(0).get("where").stringValue())
        .isEqualTo("'config.json'");
    assertThat(Run.of("verify", out).out())
        .contains("is NOT sound")
        .contains("  error  'config.json': ");
  }

  @Test
  void verifyProvesWhatIsIdentical() {
    Run.of("prune", MODEL, "--plan", plan, "-o", out);

    Run run = Run.of("verify", out, "--source", MODEL);

    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("is sound: ").contains(", 2 cut from it, 0 unproven\n");
  }

  @Test
  void verifyNeedsAManifest() {
    Run run = Run.of("verify", MODEL);

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).startsWith("moetool: " + MODEL.resolve("moetool-manifest.json") + ": ");
  }
}
