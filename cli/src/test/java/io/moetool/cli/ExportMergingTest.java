package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** `analyze` on data, `plan` with methods that group, and `merge`, on ONNX models. */
class ExportMergingTest {
  private static final String DATA_FILE = "model.onnx.data";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"mixtral, fused", "mixtral, standard", "gpt-oss, fused"})
  void whatDataTellOfAnExportIsWhatTheyTellOfTheCheckpoint(String name, String operators) {
    Path onnx = export(name, "--operators", operators);
    Path data = Golden.data(name, folder);
    Path ours = folder.resolve("ours");
    Path theirs = folder.resolve("theirs");
    JsonNode found = json("analyze", onnx, "--data", data, "-o", ours, "--json");
    JsonNode expected = json("analyze", Golden.model(name), "--data", data, "-o", theirs, "--json");
    assertThat(found.get("layers")).isNotEmpty().isEqualTo(expected.get("layers"));
    assertThat(found.get("model").get("fingerprint"))
        .isNotEqualTo(expected.get("model").get("fingerprint"));
  }

  @ParameterizedTest
  @CsvSource({"mixtral, fused", "mixtral, standard", "gpt-oss, fused"})
  void mergingAnExportGivesTheExportOfTheMergedCheckpoint(String name, String operators) {
    Path onnx = export(name, "--operators", operators);
    Path statistics = statistics(Golden.model(name), name);
    Object[] how = {"--statistics", statistics, "--method", "hc-smoe", "--keep", 4};
    Path merged = folder.resolve("merged");
    ok("merge", Golden.model(name), "-o", merged, how);
    Path expected = folder.resolve("expected");
    ok("convert", merged, "--to", "onnx", "-o", expected, "--operators", operators);
    Path out = folder.resolve("out");
    ok("merge", onnx, "-o", out, how);
    assertThat(out.resolve(DATA_FILE)).hasSameBinaryContentAs(expected.resolve(DATA_FILE));
    assertThat(out.resolve("config.json")).hasSameBinaryContentAs(expected.resolve("config.json"));
  }

  @Test
  void elementTypesStayThoseOfTheExport() throws IOException {
    Path onnx = export("mixtral", "--dtype", "bfloat16");
    Path statistics = statistics(onnx, "statistics");
    Path out = folder.resolve("out");
    ok("merge", onnx, "-o", out, "--statistics", statistics, "--method", "m-smoe", "--keep", 5);
    Path restored = folder.resolve("restored");
    ok("convert", out, "--to", "safetensors", "-o", restored);
    assertThat(json("inspect", restored, "--json").toString()).contains("BF16");
  }

  @Test
  void aPlanOfTheExportOrOfItsCheckpointIsCarriedOut() {
    Path onnx = export("mixtral");
    Path model = Golden.model("mixtral");
    Path theirs = folder.resolve("theirs.json");
    Path ours = folder.resolve("ours.json");
    Object[] how = {"--method", "m-smoe", "--keep", 3};
    ok("plan", model, "--statistics", statistics(model, "theirs"), "-o", theirs, how);
    JsonNode plan =
        json("plan", onnx, "--statistics", statistics(onnx, "ours"), "-o", ours, "--json", how);
    assertThat(plan.get("loading")).hasSize(1);
    Path byTheirs = folder.resolve("by-theirs");
    Path byOurs = folder.resolve("by-ours");
    ok("merge", onnx, "-o", byTheirs, "--plan", theirs);
    ok("merge", onnx, "-o", byOurs, "--plan", ours);
    assertThat(byOurs.resolve(DATA_FILE)).hasSameBinaryContentAs(byTheirs.resolve(DATA_FILE));
    assertThat(json("inspect", byOurs, "--json").get("experts").intValue()).isEqualTo(3);
  }

  @Test
  void layersOfAnExportMayComeToHaveDifferentNumbers() {
    Path onnx = export("mixtral");
    Path plan = folder.resolve("plan.json");
    Path statistics = statistics(onnx, "statistics");
    ok(
        "plan",
        onnx,
        "--statistics",
        statistics,
        "--method",
        "m-smoe",
        "--keep",
        3,
        "--budget",
        "global",
        "--router",
        "map",
        "-o",
        plan);
    Path out = folder.resolve("out");
    ok("merge", onnx, "-o", out, "--plan", plan);
    ok("evaluate", out, "--data", Golden.data("mixtral", folder));
    // A router with a map has more rows than experts, and so has no checkpoint.
    Run again = Run.of("merge", out, "-o", folder.resolve("again"), "--plan", plan);
    assertThat(again.code()).isEqualTo(3);
    assertThat(again.err()).contains("use the checkpoint it was made from");
  }

  @Test
  void whatHasNoEffectOrCannotBeIsRefused() throws IOException {
    Path onnx = export("mixtral");
    Path statistics = statistics(onnx, "statistics");
    Object[] how = {"--statistics", statistics, "--method", "m-smoe", "--keep", 3};
    Path out = folder.resolve("out");
    assertThat(refused(2, "merge", onnx, "-o", out, "--shard-size", "1GB", how))
        .contains("its data are one file");
    assertThat(refused(2, "merge", onnx, "-o", out, "--resume", how))
        .contains("nothing to resume or discard");
    assertThat(
            refused(
                2,
                "merge",
                onnx,
                "-o",
                out,
                "--repair",
                "least-squares",
                "--data",
                Golden.data("mixtral", folder),
                how))
        .contains("--repair fits what merged experts of a checkpoint become");
    assertThat(refused(2, "prune", onnx, "-o", out, "--method", "m-smoe", "--keep", 3))
        .contains("m-smoe");
    Path integers = folder.resolve("integers");
    ok("convert", Golden.model("mixtral"), "--to", "onnx", "-o", integers, "--experts", "int8");
    assertThat(refused(3, "merge", integers, "-o", out, how))
        .contains("experts are computed by com.microsoft.QMoE");
    Files.delete(onnx.resolve("config.json"));
    assertThat(refused(3, "merge", onnx, "-o", out, how)).contains("there is no config.json");
    assertThat(out).doesNotExist();
  }

  @Test
  void aDryRunShowsSizesAlone() throws IOException {
    Path onnx = export("mixtral");
    Path out = folder.resolve("out");
    JsonNode preview =
        json(
            "merge",
            onnx,
            "-o",
            out,
            "--dry-run",
            "--json",
            "--statistics",
            statistics(onnx, "statistics"),
            "--method",
            "m-smoe",
            "--keep",
            3);
    assertThat(preview.get("bytesAfter").longValue())
        .isLessThan(Files.size(onnx.resolve(DATA_FILE)));
    assertThat(out).doesNotExist();
  }

  private Path export(String name, Object... options) {
    Path onnx = folder.resolve("onnx");
    ok("convert", Golden.model(name), "--to", "onnx", "-o", onnx, options);
    return onnx;
  }

  private Path statistics(Path model, String name) {
    Path statistics = folder.resolve(name + "-statistics");
    String family = Files.isDirectory(Golden.model(name)) ? name : "mixtral";
    ok("analyze", model, "--data", Golden.data(family, folder), "-o", statistics);
    return statistics;
  }

  private static JsonNode json(Object... arguments) {
    Run run = Run.of(flat(arguments));
    assertThat(run.code()).as(run.err()).isZero();
    return run.json();
  }

  private static void ok(Object... arguments) {
    Run run = Run.of(flat(arguments));
    assertThat(run.code()).as(run.err()).isZero();
  }

  private static String refused(int code, Object... arguments) {
    Run run = Run.of(flat(arguments));
    assertThat(run.code()).as(run.err()).isEqualTo(code);
    return run.err();
  }

  private static Object[] flat(Object... arguments) {
    List<Object> flat = new ArrayList<>();
    for (Object argument : arguments) {
      if (argument instanceof Object[] several) {
        flat.addAll(Arrays.asList(flat(several)));
      } else {
        flat.add(argument);
      }
    }
    return flat.toArray();
  }
}
