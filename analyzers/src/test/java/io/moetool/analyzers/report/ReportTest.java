package io.moetool.analyzers.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.analyzers.Analyzer;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.Synthetic;
import io.moetool.formats.json.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class ReportTest {
  private static final Set<String> VOID = Set.of("meta", "input", "br", "link", "img");
  private static final Pattern TAG =
      Pattern.compile("<(/?)([a-z][a-z0-9]*)((?:\"[^\"]*\"|[^<>\"])*)>");

  @TempDir Path folder;

  private static String html(Statistics statistics) {
    return Report.html(Analyzer.analyze(statistics), statistics, Map.of());
  }

  private static ObjectNode data(String html) {
    Matcher found =
        Pattern.compile(
                "<script type=\"application/json\" id=\"report\">(.*?)</script>", Pattern.DOTALL)
            .matcher(html);
    assertThat(found.find()).isTrue();
    return Json.readObject("report", found.group(1));
  }

  @Test
  void sixtyLayersOf256ExpertsFitIntoThreeMegabytes() {
    List<String> domains = IntStream.range(0, 12).mapToObj(i -> "domain " + i).toList();
    String html = html(Synthetic.random(60, 256, 8, 2, domains));

    assertThat(html.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(3_000_000);
    assertThat(data(html).get("metrics")).hasSize(8);
    assertThat(data(html).get("domains")).hasSize(9);
    assertThat(data(html).get("similarity").get("block").intValue()).isEqualTo(2);
  }

  @Test
  void theSameAnalysisGivesTheSameBytes() throws Exception {
    Statistics statistics = Synthetic.random(2, 8, 2, 3, List.of("a", "b"));
    Path first = folder.resolve("first.html");
    Path second = folder.resolve("second.html");
    Report.write(first, Analyzer.analyze(statistics), statistics, Map.of());
    Report.write(second, Analyzer.analyze(statistics), statistics, Map.of());
    assertThat(Files.readAllBytes(first)).isEqualTo(Files.readAllBytes(second));
  }

  @Test
  void elementsAreClosedInOrderAndThePageIsWhole() {
    String html = markup(html(Synthetic.random(2, 8, 2, 3, List.of("a"))));
    assertThat(html).startsWith("<!DOCTYPE html>").doesNotContain("{{");
    Deque<String> open = new ArrayDeque<>();
    Matcher tags = TAG.matcher(html);
    while (tags.find()) {
      String name = tags.group(2);
      if (tags.group(1).isEmpty()) {
        if (!VOID.contains(name)) {
          open.push(name);
        }
      } else {
        assertThat(open.pop()).isEqualTo(name);
      }
    }
    assertThat(open).isEmpty();
  }

  /** The page without what its scripts and styles say. */
  private static String markup(String html) {
    return html.replaceAll("(?s)(<script[^>]*>).*?(</script>)", "$1$2")
        .replaceAll("(?s)(<style>).*?(</style>)", "$1$2");
  }

  @Test
  void namesFromFilesNeitherEndTheScriptNorBecomeMarkup() {
    String hostile = "</script><script>alert(1)</script><!-- \u2028 {{plots}} ${x} & \" '";
    Statistics statistics = Synthetic.random(1, 4, 2, 3, List.of(hostile, "b"));
    String html = html(statistics);

    assertThat(html).doesNotContain("alert(1)</script>").doesNotContain("<!--");
    assertThat(html.split("</script>", -1)).hasSize(4);
    assertThat(data(html).get("domains").get(0).get("name").stringValue()).isEqualTo(hostile);
  }

  @Test
  void theTitleIsTextWhateverTheModelTypeSays() {
    assertThat(Page.inText("<b>&amp;\"")).isEqualTo("&lt;b&gt;&amp;amp;\"");
  }

  @Test
  void nothingIsLoadedFromElsewhere() {
    String html = html(Synthetic.random(1, 4, 2, 3, List.of("a")));
    assertThat(markup(html))
        .contains("Content-Security-Policy\" content=\"default-src 'none';")
        .doesNotContain("src=\"")
        .doesNotContain("href=\"");
    assertThat(html).contains("Licensed to the Apache Software Foundation");
  }

  @Test
  void packedScoresAreTheScores() {
    Statistics statistics = Synthetic.random(2, 4, 2, 3, List.of("a"));
    ObjectNode data = data(html(statistics));

    assertThat(data.get("metrics").get(0).get("name").stringValue()).isEqualTo("reap");
    ByteBuffer values =
        ByteBuffer.wrap(
                Base64.getDecoder().decode(data.get("metrics").get(0).get("values").stringValue()))
            .order(ByteOrder.LITTLE_ENDIAN);
    double expected =
        Analyzer.analyze(statistics)
            .layers()
            .get(1)
            .saliency()
            .getOrDefault("reap", List.of())
            .get(2);
    assertThat(values.remaining()).isEqualTo(4 * 8);
    assertThat(values.getFloat(4 * (4 + 2))).isEqualTo((float) expected);
  }

  @Test
  void withoutDataOnlyWhatWeightsTellIsShown() {
    ObjectNode data = data(html(Synthetic.withWeights(new double[] {1, 2}, new double[] {3})));

    assertThat(data.get("routing").isNull()).isTrue();
    assertThat(data.get("domains")).isEmpty();
    assertThat(data.get("similarity").get("kind").stringValue()).isEqualTo("rows of the router");
    assertThat(data.get("metrics").findValuesAsString("name"))
        .containsExactly("aimer", "magnitude");
    assertThat(data.get("warnings").get(0).stringValue()).startsWith("nothing was run");
  }

  /** Three experts: the diagonal holds no pair, the other three cells do. */
  @Test
  void similaritiesAreStepsBetweenTheLowestAndTheHighest() {
    ObjectNode data = data(html(Synthetic.random(1, 3, 2, 3, List.of("a"))));
    byte[] steps = Base64.getDecoder().decode(data.get("similarity").get("values").stringValue());

    assertThat(steps).hasSize(6);
    assertThat(new int[] {steps[0], steps[3], steps[5]}).containsOnly(0);
    assertThat(IntStream.of(1, 2, 4).map(i -> steps[i] & 0xff).boxed()).contains(1, 255);
  }
}
