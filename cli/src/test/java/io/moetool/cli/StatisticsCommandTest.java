package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class StatisticsCommandTest {
  private static final Path MODEL = Golden.model("qwen3-moe");

  @TempDir private Path folder;

  private Path first = Path.of("");

  @BeforeEach
  void analyze() {
    first = analyzed(MODEL, "first", "{\"tokens\":[3,1,4,1,5,9,2,6],\"domain\":\"a\"}\n");
  }

  private Path analyzed(Path model, String name, String rows) {
    Path data = folder.resolve(name + ".jsonl");
    try {
      Files.writeString(data, rows);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path out = folder.resolve(name);
    assertThat(Run.of("analyze", model, "--data", data, "-o", out).code()).isZero();
    return out;
  }

  @Test
  void sumsOfDisjointDataAreAddedAndWhatIsNoSumIsLeftOut() {
    Path second =
        analyzed(MODEL, "second", "{\"tokens\":[2,7,1,8],\"domain\":\"b\"}\n{\"tokens\":[5,5]}\n");
    Path sum = folder.resolve("sum");

    JsonNode json = Run.of("statistics", "add", first, second, "-o", sum, "--json").json();

    assertThat(json.get("data").get("tokens").intValue()).isEqualTo(14);
    assertThat(json.get("data").get("domains").propertyNames()).contains("a", "b");
    assertThat(json.get("damage")).isEmpty();
    JsonNode saliency = json.get("layers").get(0).get("saliency");
    assertThat(saliency.propertyNames()).contains("reap").doesNotContain("naee");
    assertThat(Golden.list(sum)).contains("report.html", "statistics.safetensors");
  }

  @Test
  void dataThatIsCountedAlreadyIsRefused() {
    Run run = Run.of("statistics", "add", first, first, "-o", folder.resolve("sum"));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("that data is counted already");
    assertThat(folder.resolve("sum")).doesNotExist();
  }

  @Test
  void statisticsOfAnotherModelAreRefused() {
    Path other = analyzed(Golden.model("mixtral"), "other", "{\"tokens\":[1,2,3]}\n");

    Run run = Run.of("statistics", "add", first, other, "-o", folder.resolve("sum"));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("of another model");
  }

  @Test
  void oneFolderIsNoSum() {
    assertThat(Run.of("statistics", "add", first, "-o", folder.resolve("sum")).code()).isEqualTo(2);
  }

  @Test
  void theReportShowsWhatAPlanKeeps() throws IOException {
    Path plan = folder.resolve("plan.json");
    Path page = folder.resolve("page.html");
    Run.of("plan", MODEL, "--statistics", first, "--method", "naee", "--keep", 4, "-o", plan);

    assertThat(Run.of("statistics", "report", first, "--plan", plan, "-o", page).code()).isZero();

    assertThat(Files.readString(page)).contains("\"Kept by the plan\"");
    Path other = analyzed(Golden.model("mixtral"), "other", "{\"tokens\":[1,2,3]}\n");
    Run refused = Run.of("statistics", "report", other, "--plan", plan, "-o", page);
    assertThat(refused.code()).isEqualTo(3);
    assertThat(refused.err()).contains("the plan is for another model");
  }
}
