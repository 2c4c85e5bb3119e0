package io.moetool.transforms.prune;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.CheckpointWriter;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.merge.FittedProjections;
import io.moetool.transforms.plan.Plan;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Carries plans out. Kept experts are renumbered in ascending order, merged ones are computed,
 * routers lose the rows of dropped experts, and the config's counts follow; every other byte is the
 * source's.
 */
public final class Pruner {
  private static final double NANOS = 1e9;

  private final SourceModel source;
  private final String toolVersion;
  private final WorkPool pool;
  private final Optional<FittedProjections> fitted;

  /** A pruner of one checkpoint that computes merged experts, if there are any, on one thread. */
  public Pruner(SourceModel source, String toolVersion) {
    this(source, toolVersion, new WorkPool(1));
  }

  /**
   * A pruner of one checkpoint.
   *
   * @param source stays open while this is used, and is not closed by it
   * @param toolVersion names the tool in the manifest
   * @param pool computes merged experts; not closed by this
   */
  public Pruner(SourceModel source, String toolVersion, WorkPool pool) {
    this(source, toolVersion, pool, Optional.empty());
  }

  /**
   * As {@link #Pruner(SourceModel, String, WorkPool)}, with what was fitted on data.
   *
   * @param fitted for the plans that are carried out; not closed by this
   */
  public Pruner(
      SourceModel source, String toolVersion, WorkPool pool, Optional<FittedProjections> fitted) {
    this.source = source;
    this.toolVersion = toolVersion;
    this.pool = pool;
    this.fitted = fitted;
  }

  /**
   * What {@link #prune} would do, after all of its checks.
   *
   * @param where names the plan in messages
   * @param shardBytes most bytes of tensors in a weights file; empty keeps the source's
   *     distribution
   * @throws BadInputException as {@link #prune}
   */
  public PrunePreview preview(String where, Plan plan, OptionalLong shardBytes) {
    return PruneWork.prepare(source, where, plan, shardBytes, toolVersion, pool, fitted).preview();
  }

  /** As {@link #prune(String, Plan, OptionalLong, Path, Leftover, WriteProgress)}, from nothing. */
  public PruneResult prune(
      String where, Plan plan, OptionalLong shardBytes, Path output, WriteProgress progress) {
    return prune(where, plan, shardBytes, output, Leftover.REFUSE, progress);
  }

  /**
   * Writes the result. Nothing is written before plan and source are known to be sound, and no
   * folder appears unless it is complete.
   *
   * @param where names the plan in messages
   * @param shardBytes most bytes of tensors in a weights file; empty keeps the source's
   *     distribution
   * @param output a folder that does not exist yet
   * @param leftover what to do with what an ended run has left of {@code output}
   * @throws BadInputException if the plan is not for this source or cannot be carried out, if the
   *     source's tensors contradict its config, if {@code output} exists or is being written, or if
   *     what an ended run has left is refused or cannot be continued
   * @throws io.moetool.formats.EnvironmentException if the disk has no room or refuses
   */
  public PruneResult prune(
      String where,
      Plan plan,
      OptionalLong shardBytes,
      Path output,
      Leftover leftover,
      WriteProgress progress) {
    long start = System.nanoTime();
    PruneWork work = PruneWork.prepare(source, where, plan, shardBytes, toolVersion, pool, fitted);
    CheckpointWriter.write(
        output,
        source.files(),
        leftover,
        work.content(),
        files ->
            Manifest.of(
                Manifest.Tool.current(toolVersion),
                source.inManifest(),
                work.planDocument(),
                files,
                work::originOf),
        progress);
    return PruneResult.of(output, work.preview(), (System.nanoTime() - start) / NANOS);
  }
}
