package io.moetool.maven;

import java.io.File;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * Writes a checkpoint without some of its experts: as a plan says, or as statistics or data decide.
 * The result loads where the source loads.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "prune",
    defaultPhase = LifecyclePhase.PREPARE_PACKAGE,
    requiresProject = false,
    threadSafe = true)
public final class PruneMojo extends ReducingMojo {
  /**
   * New folder for the result; it appears complete or not at all. What an earlier run of this goal
   * wrote there is replaced.
   */
  @Parameter(defaultValue = "${project.build.directory}/moetool/pruned", required = true)
  @ToolOption(value = "--output", role = Role.OUTPUT)
  private File output;

  /**
   * The plan was made for another form of this model, as one that is not quantised: accept it if
   * type, layers and experts agree and the routers have the same values.
   */
  @Parameter(property = "moetool.sibling", defaultValue = "false")
  @ToolOption("--sibling")
  private boolean sibling;

  /**
   * Keep what the domains of {@code pack} need: the {@code task-packs.json} that analyze wrote, or
   * its folder.
   */
  @Parameter(property = "moetool.taskPack")
  @ToolOption(value = "--task-pack", role = Role.INPUT)
  private @Nullable File taskPack;

  /**
   * Domains whose packs count, such as {@code code} or {@code code=2,math}. Each domain's best
   * experts stay, of one with twice the weight twice as many.
   */
  @Parameter(property = "moetool.pack")
  @ToolOption("--pack")
  private @Nullable String pack;

  /** Which ranking of the packs: easy_ep (default) or tcess. */
  @Parameter(property = "moetool.packRanking")
  @ToolOption("--pack-ranking")
  private @Nullable String packRanking;

  /**
   * Take no more than this many experts of each layer from the packs; the method ranks the others
   * (default: the packs rank all).
   */
  @Parameter(property = "moetool.packExperts")
  @ToolOption("--pack-experts")
  private @Nullable Integer packExperts;

  /**
   * How what stays makes up for what goes: scalar multiplies the outputs of each layer's experts by
   * the factor that brings them closest to what they were, found on the data; router fits the rows
   * of the router anew. The data then do not decide where there is a plan or statistics.
   */
  @Parameter(property = "moetool.repair")
  @ToolOption("--repair")
  private @Nullable String repair;

  /** Tokens of the data that the repair is fitted on (default: 4096). */
  @Parameter(property = "moetool.repairTokens")
  @ToolOption("--repair-tokens")
  private @Nullable Integer repairTokens;

  @Override
  boolean decidesByData() {
    return taskPack != null || (repair == null && super.decidesByData());
  }

  @Override
  File output() {
    return output;
  }

  @Override
  String command() {
    return "prune";
  }
}
