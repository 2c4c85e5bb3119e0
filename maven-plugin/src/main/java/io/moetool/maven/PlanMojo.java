package io.moetool.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * Decides which experts go and writes the decision to {@code plan.json}, for people to read, edit
 * and approve. The same inputs give the same bytes.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "plan",
    defaultPhase = LifecyclePhase.PROCESS_RESOURCES,
    requiresProject = false,
    threadSafe = true)
public final class PlanMojo extends DecidingMojo {
  /** What analyze wrote. Default: the folder where analyze writes by default, if it is there. */
  @Parameter(property = "moetool.statistics")
  @ToolOption(value = "--statistics", role = Role.INPUT)
  private @Nullable File statistics;

  /**
   * Keep what a mask says, instead of deciding: a JSON list with one row a layer with experts, of
   * one 0 or 1 an expert.
   */
  @Parameter(property = "moetool.fromMask")
  @ToolOption(value = "--from-mask", role = Role.INPUT)
  private @Nullable File fromMask;

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
   * What the plan is to be carried out as: safetensors (default), a checkpoint with as many places
   * for experts in every layer, or onnx, a model in which each layer has its own number of them.
   */
  @Parameter(property = "moetool.planTo")
  @ToolOption("--to")
  private @Nullable String to;

  /** Write the mask of what stays, too; an earlier mask is replaced. */
  @Parameter(property = "moetool.maskOut")
  @ToolOption(value = "--mask-out", role = Role.OUTPUT)
  private @Nullable File maskOut;

  /**
   * What becomes of a group's rows in the router: drop (default) leaves the leader's, average their
   * weighted mean, duplicate all of them, with the merged expert stored once for each, which is
   * exact and saves nothing, map all of them, each leading to the merged expert, which is exact and
   * can only become an ONNX model.
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

  /** Plan to write; an earlier plan of that name is replaced. */
  @Parameter(defaultValue = "${project.build.directory}/moetool/plan.json", required = true)
  @ToolOption(value = "--output", role = Role.OUTPUT)
  private File output;

  /**
   * Attach the plan (type json, classifier plan) to the module, so that it is installed and
   * deployed with it.
   */
  @Parameter(property = "moetool.attach", defaultValue = "true")
  private boolean attach;

  @Parameter(
      defaultValue = "${project.build.directory}/moetool/analysis",
      readonly = true,
      required = true)
  private File usualStatistics;

  @Override
  void prepare() {
    if (statistics == null && fromMask == null && usualStatistics.isDirectory()) {
      statistics = usualStatistics;
    }
  }

  @Override
  void completed() throws IOException, MojoFailureException {
    Path plan = output.toPath();
    getLog().info(shown(plan) + ": SHA-256 " + Fingerprint.ofContent(plan));
    if (approvedPlan().isPresent()) {
      PlanApproval.require(plan, approvedPlan().get());
    }
    if (attach) {
      attach("json", "plan", plan);
    }
  }

  @Override
  String command() {
    return "plan";
  }
}
