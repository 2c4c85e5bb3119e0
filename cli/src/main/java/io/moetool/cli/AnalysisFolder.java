package io.moetool.cli;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.report.Report;
import io.moetool.analyzers.specialisation.TaskPacks;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.BadInputException;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.StagedFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The folder that analyze writes: it appears whole, and may replace an earlier analysis. */
final class AnalysisFolder implements AutoCloseable {
  private static final List<String> NAMES =
      List.of(StatisticsFile.NAME, Analysis.NAME, ProtectList.NAME, TaskPacks.NAME, Report.NAME);

  private final StagedFolder staged;

  private AnalysisFolder(StagedFolder staged) {
    this.staged = staged;
  }

  /**
   * Begins a folder; until it is closed no other run can begin it.
   *
   * @param sources folders that nothing is written into
   * @throws BadInputException if something else is there, or it lies in the source
   */
  static AnalysisFolder begin(Path target, List<Path> sources) {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !isAnalysis(target)) {
      throw new BadInputException(
          target.toString(),
          "exists and is not an earlier analysis",
          "choose another folder or remove it");
    }
    return new AnalysisFolder(StagedFolder.replacing(target, sources, Leftover.REFUSE));
  }

  /** Takes files that are needed on the way. */
  Path aside() {
    return staged.aside();
  }

  /** Writes all files. */
  void write(Statistics statistics, Analysis analysis) {
    StatisticsFile.write(staged.path().resolve(StatisticsFile.NAME), statistics);
    analysis.write(staged.path().resolve(Analysis.NAME));
    ProtectList.of(statistics).write(staged.path().resolve(ProtectList.NAME));
    TaskPacks.of(statistics).ifPresent(packs -> packs.write(staged.path().resolve(TaskPacks.NAME)));
    Report.write(staged.path().resolve(Report.NAME), analysis, statistics, Map.of());
    staged.retain(NAMES);
    staged.commit();
  }

  /** Removes what was begun, unless it has been written. */
  @Override
  public void close() {
    staged.close();
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
}
