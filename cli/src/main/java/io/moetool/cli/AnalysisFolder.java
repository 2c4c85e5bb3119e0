package io.moetool.cli;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.report.Report;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.BadInputException;
import io.moetool.formats.publish.OutputTarget;
import io.moetool.formats.publish.StagedFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The folder that analyze writes: it appears whole, and may replace an earlier analysis. */
final class AnalysisFolder {
  private static final List<String> NAMES =
      List.of(StatisticsFile.NAME, Analysis.NAME, ProtectList.NAME, Report.NAME);

  private final Path target;
  private final Path source;

  private AnalysisFolder(Path target, Path source) {
    this.target = target;
    this.source = source;
  }

  /**
   * A folder that may be written; worth asking before hours of work.
   *
   * @param source folder of the model
   * @throws BadInputException if something else is there, or it lies in the source
   */
  static AnalysisFolder at(Path target, Path source) {
    if (!Files.exists(target)) {
      OutputTarget.check(target, List.of(source));
    } else if (!isAnalysis(target)) {
      throw new BadInputException(
          target.toString(),
          "exists and is not an earlier analysis",
          "choose another folder or remove it");
    }
    return new AnalysisFolder(target, source);
  }

  /** Writes all files. */
  void write(Statistics statistics, Analysis analysis) throws IOException {
    Path earlier = target.resolveSibling("." + target.getFileName() + ".earlier");
    boolean replaces = Files.exists(target);
    if (replaces) {
      remove(earlier);
      Files.move(target, earlier);
    }
    try (StagedFolder staged = StagedFolder.create(target, List.of(source))) {
      StatisticsFile.write(staged.path().resolve(StatisticsFile.NAME), statistics);
      analysis.write(staged.path().resolve(Analysis.NAME));
      ProtectList.of(statistics).write(staged.path().resolve(ProtectList.NAME));
      Report.write(staged.path().resolve(Report.NAME), analysis, statistics);
      staged.commit();
    } finally {
      if (replaces && !Files.exists(target)) {
        Files.move(earlier, target);
      }
    }
    if (replaces) {
      remove(earlier);
    }
  }

  private static boolean isAnalysis(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<String> names = files.map(file -> String.valueOf(file.getFileName())).toList();
      return names.contains(StatisticsFile.NAME) && NAMES.containsAll(names);
    } catch (IOException e) {
      throw new BadInputException(
          folder.toString(), "cannot be listed: " + e.getMessage(), "check its permissions", e);
    }
  }

  private static void remove(Path folder) throws IOException {
    for (String name : NAMES) {
      Files.deleteIfExists(folder.resolve(name));
    }
    Files.deleteIfExists(folder);
  }
}
