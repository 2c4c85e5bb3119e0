package io.moetool.cli;

import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.MeasuredEvidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Protection;
import io.moetool.transforms.plan.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes plans from statistics, as the options of a command ask. */
final class Deciding {
  private final CommonOptions common;
  private final DecisionOptions options;

  Deciding(CommonOptions common, DecisionOptions options) {
    this.common = common;
    this.options = options;
  }

  /** Refuses what the options alone show to be impossible, before anything is measured. */
  void requireComplete() {
    options.method(common);
    options.target(common);
  }

  /** Whether the method scores without data. */
  boolean needsData() {
    return options.method(common).needs() == Needs.DATA;
  }

  /** Refuses a target that the model cannot reach, before it is run for scores. */
  void requireReachable(SourceModel source) {
    planner(source).requireReachable(options.target(common));
  }

  /** Statistics that analyze wrote about a checkpoint. */
  static Statistics read(Path folder, SourceModel source) {
    Statistics statistics = StatisticsFile.read(folder);
    statistics.model().requireFingerprint(folder.toString(), source.fingerprint());
    return statistics;
  }

  /**
   * The plan that follows.
   *
   * @param where what the statistics are, for messages
   */
  Plan plan(SourceModel source, String where, Statistics statistics) {
    SaliencyMethod method = options.method(common);
    Target target = options.target(common);
    return planner(source)
        .prune(
            MeasuredEvidence.of(where, statistics, method, options.seed(method)),
            PlanRequest.of(target).protecting(protection(source, statistics)));
  }

  private Protection protection(SourceModel source, Statistics statistics) {
    List<ProtectList> lists = new ArrayList<>();
    if (options.protectsSuperExperts()) {
      lists.add(ProtectList.of(statistics));
    }
    MeasuredModel model = MeasuredModel.of(source.architecture(), source.fingerprint());
    options.protectLists().forEach(file -> lists.add(ProtectList.read(file, model)));
    return new Protection(lists);
  }

  private static Planner planner(SourceModel source) {
    return new Planner(
        source.architecture(), source.tensors(), source.fingerprint(), VersionText.version());
  }
}
