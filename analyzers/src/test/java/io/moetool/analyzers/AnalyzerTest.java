package io.moetool.analyzers;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.Synthetic;
import io.moetool.analyzers.superexperts.SuperExpert;
import io.moetool.formats.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class AnalyzerTest {
  @TempDir Path folder;

  private JsonNode written(Statistics statistics) {
    Path file = folder.resolve(Analysis.NAME);
    Analyzer.analyze(statistics).write(file);
    return Json.readObject(file);
  }

  @Test
  void theDocumentHasTheKeysThatScriptsRelyOn() {
    JsonNode json = written(Synthetic.random(2, 4, 2, 3, List.of("java", "prose")));

    assertThat(json.propertyNames())
        .containsExactly(
            "formatVersion",
            "model",
            "data",
            "layers",
            "superExperts",
            "superExpertRule",
            "superSharedExperts",
            "superWeights",
            "massiveActivations",
            "redundancy",
            "damage",
            "specialization",
            "adaptiveRouting",
            "warnings");
    assertThat(json.get("model").propertyNames())
        .containsExactly(
            "fingerprint",
            "modelType",
            "layers",
            "encoderLayers",
            "experts",
            "expertsPerToken",
            "base");
    assertThat(json.get("data").propertyNames())
        .containsExactly("fingerprint", "sequences", "tokens", "sourceTokens", "domains");
    assertThat(json.get("data").get("domains").get("prose").get("tokens").longValue())
        .isEqualTo(20_000);
    JsonNode layer = json.get("layers").get(1);
    assertThat(layer.propertyNames())
        .containsExactly("layer", "counts", "saliency", "downProjectionMaxAbs", "routing");
    assertThat(layer.get("layer").intValue()).isEqualTo(1);
    assertThat(layer.get("counts")).hasSize(4).allMatch(JsonNode::isIntegralNumber);
    assertThat(layer.get("downProjectionMaxAbs")).hasSize(4);
    assertThat(layer.get("routing").propertyNames()).contains("entropy", "maxShare");
    assertThat(layer.get("saliency").propertyNames())
        .containsExactlyElementsOf(
            SaliencyCatalog.methods().stream()
                .filter(method -> !method.needsSample())
                .filter(method -> method.needs() == Needs.DATA || method.needs() == Needs.WEIGHTS)
                .map(SaliencyMethod::name)
                .toList());
    assertThat(json.get("redundancy").get("layers").get(0).get("routerRows").get("closest"))
        .hasSize(6);
  }

  @Test
  void theSameStatisticsGiveTheSameBytes() throws IOException {
    Path first = folder.resolve("first.json");
    Path second = folder.resolve("second.json");
    Analyzer.analyze(Synthetic.random(2, 4, 2, 3, List.of("a"))).write(first);
    Analyzer.analyze(Synthetic.random(2, 4, 2, 3, List.of("a"))).write(second);
    assertThat(Files.readAllBytes(first)).isEqualTo(Files.readAllBytes(second));
  }

  @Test
  void withoutDataThereAreOnlyMethodsThatNeedWeightsAlone() {
    JsonNode json = written(Synthetic.withWeights(new double[] {1, 2}, new double[] {3, 3}));

    assertThat(json.get("data").isNull()).isTrue();
    assertThat(json.get("superExperts")).isEmpty();
    JsonNode layer = json.get("layers").get(0);
    assertThat(layer.get("counts").isNull()).isTrue();
    assertThat(layer.get("routing").isNull()).isTrue();
    assertThat(layer.get("saliency").propertyNames()).containsExactly("aimer", "magnitude");
    assertThat(json.get("warnings").get(0).stringValue()).startsWith("nothing was run");
  }

  @Test
  void expertsWithTooFewTokensAreWarnedAbout() {
    double[] counts = new double[40];
    Arrays.fill(counts, 3);
    counts[7] = 0;
    counts[8] = 1000;

    assertThat(Analyzer.analyze(Synthetic.withCounts(List.of("all"), counts)).warnings())
        .satisfiesExactly(
            starved ->
                assertThat(starved)
                    .startsWith("fewer than 32 tokens chose some experts")
                    .contains("layer 0 experts 0, 1, 2, 3, 4, 5, 6, 7, 9")
                    .endsWith("; and 15 more"),
            unused ->
                assertThat(unused).isEqualTo("no token chose some experts: layer 0 expert 7"));
  }

  @Test
  void aPlantedSuperExpertIsFoundAndNoOther() {
    double[] planted = {2, 3, 1, 400, 2.5};
    Analysis analysis = Analyzer.analyze(Synthetic.withLargestOutputs(planted));

    assertThat(analysis.superExperts()).containsExactly(new SuperExpert(0, 3, 400));
    assertThat(analysis.superExpertRule().orElseThrow().setApart())
        .containsExactly(new SuperExpert(0, 3, 400));
    assertThat(analysis.warnings()).isEmpty();
  }

  @Test
  void whereThePublishedRuleAndTheOutputsDisagreeThereIsAWarning() {
    assertThat(Analyzer.analyze(Synthetic.withLargestOutputs(new double[] {2, 3, 4})).warnings())
        .singleElement()
        .asString()
        .contains("names layer 0 expert 2 (largest output 4.000), which no wide gap sets apart")
        .contains("of 3 experts it names about 1");
    double[] two = new double[32];
    Arrays.fill(two, 1);
    two[3] = 500;
    two[4] = 400;
    assertThat(Analyzer.analyze(Synthetic.withLargestOutputs(two)).warnings())
        .singleElement()
        .asString()
        .contains("misses layer 0 expert 4 (largest output 400.0), which a wide gap sets apart");
  }
}
