package io.moetool.cli;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.report.Report;
import io.moetool.analyzers.specialisation.TaskPacks;
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
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder that analyze writes: it appears whole, and may replace an earlier analysis. */
final class AnalysisFolder {
  private static final List<String> NAMES =
      List.of(StatisticsFile.NAME, Analysis.NAME, ProtectList.NAME, TaskPacks.NAME, Report.NAME);

  private final Path target;
  private final List<Path> sources;

  private AnalysisFolder(Path target, List<Path> sources) {
    this.target = target;
    this.sources = sources;
  }

  /**
   * A folder that may be written; worth asking before hours of work.
   *
   * @param sources folders that nothing is written into
   * @throws BadInputException if something else is there, or it lies in the source
   */
  static AnalysisFolder at(Path target, List<Path> sources) {
    if (!Files.exists(target)) {
      OutputTarget.check(target, sources);
    } else if (!isAnalysis(target)) {
      throw new BadInputException(
          target.toString(),
          "exists and is not an earlier analysis",
          "choose another folder or remove it");
    }
    return new AnalysisFolder(target, sources);
  }

  /** Writes all files. */
  void write(Statistics statistics, Analysis analysis) throws IOException {
    Path earlier = target.resolveSibling("." + target.getFileName() + ".earlier");
    boolean replaces = Files.exists(target);
    if (replaces) {
      remove(earlier);
      Files.move(target, earlier);
    }
    try (StagedFolder staged = StagedFolder.create(target, sources)) {
      StatisticsFile.write(staged.path().resolve(StatisticsFile.NAME), statistics);
      analysis.write(staged.path().resolve(Analysis.NAME));
      ProtectList.of(statistics).write(staged.path().resolve(ProtectList.NAME));
      Optional<TaskPacks> packs = TaskPacks.of(statistics);
      if (packs.isPresent()) {
        packs.get().write(staged.path().resolve(TaskPacks.NAME));
      }
      Report.write(staged.path().resolve(Report.NAME), analysis, statistics, Map.of());
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
