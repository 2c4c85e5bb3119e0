package io.moetool.maven;

import java.io.File;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * Writes a checkpoint in which groups of experts have become one: as a plan says, or as statistics
 * or data decide. The result loads where the source loads.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "merge",
    defaultPhase = LifecyclePhase.PREPARE_PACKAGE,
    requiresProject = false,
    threadSafe = true)
public final class MergeMojo extends ReducingMojo {
  /**
   * New folder for the result; it appears complete or not at all. What an earlier run of this goal
   * wrote there is replaced.
   */
  @Parameter(defaultValue = "${project.build.directory}/moetool/merged", required = true)
  @ToolOption(value = "--output", role = Role.OUTPUT)
  private File output;

  /**
   * What becomes of a group's rows in the router: drop (default) leaves the leader's, average their
   * weighted mean, duplicate all of them, with the merged expert stored once for each, which is
   * exact and saves nothing.
   */
  @Parameter(property = "moetool.router")
  @ToolOption("--router")
  private @Nullable String router;

  /**
   * How neurons of merged experts are matched before they are added up: weights (default), fix-dom,
   * zipit or none.
   */
  @Parameter(property = "moetool.align")
  @ToolOption("--align")
  private @Nullable String align;

  /**
   * Share of a layer's experts that are removed, those with the method's lowest scores, before the
   * others are merged into as many as are to stay.
   */
  @Parameter(property = "moetool.removeFirst")
  @ToolOption("--remove-first")
  private @Nullable String removeFirst;

  /**
   * How a merged expert makes up for what its members were: least-squares fits its last projection
   * to what they add, on the data. The data then do not decide where there is a plan or statistics.
   */
  @Parameter(property = "moetool.repair")
  @ToolOption("--repair")
  private @Nullable String repair;

  /** Tokens of the data that projections are fitted on (default: 16384). */
  @Parameter(property = "moetool.repairTokens")
  @ToolOption("--repair-tokens")
  private @Nullable Integer repairTokens;

  @Override
  boolean decidesByData() {
    return repair == null && super.decidesByData();
  }

  @Override
  File output() {
    return output;
  }

  @Override
  String command() {
    return "merge";
  }
}
