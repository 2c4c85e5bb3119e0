package io.moetool.cli;

import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.OnnxWeightReader;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.exported.PlannedExport;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.MaskFile;
import io.moetool.transforms.plan.MeasuredEvidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Protection;
import io.moetool.transforms.plan.StarvedExperts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Makes plans for ONNX models, as the options of a command ask. What was measured on the checkpoint
 * that a model was made from holds for the model.
 */
final class ExportDeciding {
  private final CommonOptions common;
  private final DecisionOptions options;
  private final ExportedModel model;
  private final PlannedExport planned;

  ExportDeciding(
      CommonOptions common, DecisionOptions options, ExportedModel model, PlannedExport planned) {
    this.common = common;
    this.options = options;
    this.model = model;
    this.planned = planned;
  }

  /** Refuses what options alone show to be impossible for an ONNX model. */
  static void requireComplete(
      CommonOptions common, DecisionOptions options, boolean hasStatistics) {
    options.requireComplete(common);
    if (!hasStatistics) {
      options.refuseWithoutData(common);
      if (options.method(common).needs() == Needs.DATA) {
        throw common.usage(
            "this method needs data: name with --statistics DIR what analyze wrote about the checkpoint"
                + " that the ONNX model was made from");
      }
    }
  }

  /** The plan that keeps what a mask says. */
  Plan masked(Path mask) {
    MaskFile.Choice choice =
        MaskFile.read(mask, planned.fingerprint(), planned.moe().layers(), planned.moe().experts());
    return planner().prune(choice.evidence(), PlanRequest.of(choice.target()));
  }

  /** The plan that follows from statistics, or from weights alone. */
  Plan decided(Optional<Path> folder, WorkPool pool, Console console) {
    PlanRequest request = options.request(common, planned.moe().routing().expertsPerToken());
    planner().requireReachable(request);
    String where = folder.map(Path::toString).orElse("weights of " + model.file().path());
    Statistics statistics = folder.map(this::read).orElseGet(() -> measured(pool, console));
    SaliencyMethod method = options.method(common);
    SequencedMap<String, Double> domains = options.domains(common);
    Evidence evidence =
        domains.isEmpty()
            ? MeasuredEvidence.of(where, statistics, method, options.seed(method))
            : MeasuredEvidence.ofMix(where, statistics, method, domains);
    List<ProtectList> lists = new ArrayList<>();
    if (options.protectsSuperExperts()) {
      lists.add(ProtectList.of(statistics));
    }
    MeasuredModel about = planned.measured(model.source().orElse(planned.fingerprint()));
    options.protectLists().forEach(file -> lists.add(ProtectList.read(file, about)));
    options.minTokens(common).ifPresent(least -> lists.add(StarvedExperts.of(evidence, least)));
    return planner().prune(planned.adopt(evidence), request.protecting(new Protection(lists)));
  }

  private Statistics read(Path folder) {
    Statistics statistics = StatisticsFile.read(folder);
    // Of the model itself, by its weights, or of the checkpoint it was made from.
    if (!statistics.model().fingerprint().equals(planned.fingerprint())) {
      statistics
          .model()
          .requireFingerprint(folder.toString(), model.source().orElse(planned.fingerprint()));
    }
    return statistics;
  }

  private Statistics measured(WorkPool pool, Console console) {
    Statistics nothing = Statistics.none(planned.measured(planned.fingerprint()));
    return options.method(common).needs() == Needs.NOTHING
        ? nothing
        : nothing.withWeights(new OnnxWeightReader(model, pool).read(console.progress().steps()));
  }

  private Planner planner() {
    return new Planner(planned, VersionText.version());
  }
}
