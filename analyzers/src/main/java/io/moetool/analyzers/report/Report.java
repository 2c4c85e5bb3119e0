package io.moetool.analyzers.report;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.StagedFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Writes {@code report.html}: one file that needs no network, below 3 MB for 60 layers of 256
 * experts. The same analysis gives the same bytes.
 */
public final class Report {
  /** What the file is called in the folder that {@code analyze} writes. */
  public static final String NAME = "report.html";

  private static final String FOLDER = "/io/moetool/analyzers/report/";
  private static final String PLOTS = "/META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";

  private Report() {}

  /**
   * Writes the page.
   *
   * @param analysis what to show
   * @param statistics what it was drawn from; the similarity matrices come from there
   * @param kept experts that a plan keeps, by layer; empty without a plan
   * @throws EnvironmentException if the disk refuses
   */
  public static void write(
      Path file, Analysis analysis, Statistics statistics, Map<Integer, List<Integer>> kept) {
    StagedFile.write(file, html(analysis, statistics, kept));
  }

  static String html(Analysis analysis, Statistics statistics, Map<Integer, List<Integer>> kept) {
    return Page.fill(
        Page.resource(FOLDER + "report.html"),
        Map.of(
            "title", Page.inText("Experts of " + analysis.model().modelType()),
            "style", Page.resource(FOLDER + "report.css"),
            "report",
                Page.inScript(Json.writeCompact(ReportContent.of(analysis, statistics, kept))),
            "plots", Page.resource(PLOTS),
            "script", Page.resource(FOLDER + "report.js")));
  }
}
