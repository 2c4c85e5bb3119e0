package io.moetool.cli;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.report.Report;
import io.moetool.analyzers.specialisation.TaskPacks;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.PassSavepoints;
import io.moetool.analyzers.statistics.SampleStatisticsTap;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.analyzers.statistics.StatisticsTap;
import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.BadInputException;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.StagedFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder that analyze writes: it appears whole, and may replace an earlier analysis. */
final class AnalysisFolder implements AutoCloseable {
  private static final List<String> NAMES =
      List.of(StatisticsFile.NAME, Analysis.NAME, ProtectList.NAME, TaskPacks.NAME, Report.NAME);

  /**
   * A run that is ended has to do again what it did in this time, and a shorter one pays nothing
   * for being resumable.
   */
  private static final Duration BETWEEN_SAVEPOINTS = Duration.ofSeconds(20);

  private final StagedFolder staged;
  private final Duration pause;

  private AnalysisFolder(StagedFolder staged, Duration pause) {
    this.staged = staged;
    this.pause = pause;
  }

  /**
   * Refuses a folder that is no analysis; worth asking before anything of it is touched.
   *
   * @throws BadInputException if something else is there
   */
  static void requireReplaceable(Path target) {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !isAnalysis(target)) {
      throw new BadInputException(
          target.toString(),
          "exists and is not an earlier analysis",
          "choose another folder or remove it");
    }
  }

  /**
   * Begins a folder; until it is closed no other run can begin it.
   *
   * @param sources folders that nothing is written into
   * @param leftover what to do with what an ended run has left
   * @throws BadInputException if something else is there, or it lies in the source
   */
  static AnalysisFolder begin(Path target, List<Path> sources, Leftover leftover) {
    return begin(target, sources, leftover, BETWEEN_SAVEPOINTS);
  }

  /** As {@link #begin(Path, List, Leftover)}, with another time between savepoints. */
  static AnalysisFolder begin(Path target, List<Path> sources, Leftover leftover, Duration pause) {
    requireReplaceable(target);
    return new AnalysisFolder(StagedFolder.replacing(target, sources, leftover), pause);
  }

  /**
   * Savepoints of a pass over data.
   *
   * @param work what has to be the same for a pass that goes on, by names for people
   */
  PassSavepoints savepoints(
      Map<String, String> work,
      MeasuredModel model,
      StatisticsTap tap,
      Optional<SampleStatisticsTap> sample) {
    return new PassSavepoints(staged, work, model, tap, sample, pause, System::nanoTime);
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

  /** Removes what was begun, unless it has been written or can be resumed. */
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
