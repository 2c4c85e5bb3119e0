package io.moetool.cli;

import io.moetool.analyzers.saliency.SaliencyMethod;
import io.moetool.analyzers.saliency.SaliencyMethod.Needs;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.StatisticsFile;
import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.BadInputException;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.group.GroupingMethod;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.MaskFile;
import io.moetool.transforms.plan.MeasuredEvidence;
import io.moetool.transforms.plan.MergeEvidence;
import io.moetool.transforms.plan.Merging;
import io.moetool.transforms.plan.PackedDomains;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Protection;
import io.moetool.transforms.plan.ResultForm;
import io.moetool.transforms.plan.StarvedExperts;
import io.moetool.transforms.plan.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/** Makes plans from statistics, as the options of a command ask. */
final class Deciding {
  private final CommonOptions common;
  private final DecisionOptions options;
  private final TaskPackOptions packs;
  private final Optional<Merging> merging;
  private final Optional<Target.Count> removedFirst;
  private final ResultForm form;

  private Deciding(
      CommonOptions common,
      DecisionOptions options,
      TaskPackOptions packs,
      Optional<Merging> merging,
      Optional<Target.Count> removedFirst,
      ResultForm form) {
    this.common = common;
    this.options = options;
    this.packs = packs;
    this.merging = merging;
    this.removedFirst = removedFirst;
    this.form = form;
  }

  /** Decisions which experts go. */
  static Deciding removal(CommonOptions common, DecisionOptions options, TaskPackOptions packs) {
    return new Deciding(
        common, options, packs, Optional.empty(), Optional.empty(), ResultForm.SAFETENSORS);
  }

  /** Decisions which experts become one. */
  static Deciding merging(CommonOptions common, DecisionOptions options, MergingOptions merging) {
    return new Deciding(
        common,
        options,
        new TaskPackOptions(),
        Optional.of(merging.merging()),
        merging.removedFirst(common),
        merging.form());
  }

  /** The same decisions for a result of another form. */
  Deciding as(ResultForm other) {
    return new Deciding(common, options, packs, merging, removedFirst, other);
  }

  /** Refuses a plan of another command. */
  static void requireAction(Path file, Plan plan, String action) {
    if (!plan.action().equals(action)) {
      throw new BadInputException(
          file.toString(),
          "it says '%s', not '%s'".formatted(plan.action(), action),
          "carry it out with moetool " + plan.action());
    }
  }

  /** Refuses what the options alone show to be impossible, before anything is measured. */
  void requireComplete() {
    if (merging.isPresent()) {
      options.requireCompleteForMerging(common, form);
      return;
    }
    packs.requireComplete(common);
    if (packs.rankAll()) {
      options.requireCompleteWithPack(common);
    } else {
      options.requireComplete(common);
    }
  }

  /** What the method has to have measured. */
  Needs needs() {
    if (packs.rankAll()) {
      return Needs.NOTHING;
    }
    if (merging.isEmpty()) {
      return options.method(common).needs();
    }
    GroupingMethod grouping = options.grouping(common);
    if (grouping.needsData()) {
      return Needs.DATA;
    }
    return grouping.needsWeights() ? Needs.WEIGHTS : Needs.NOTHING;
  }

  /** Refuses a method that needs a base, where nothing was compared with one. */
  void refuseBase() {
    if (needs() == Needs.BASE) {
      throw common.usage(
          "this method needs the checkpoint that the model was trained from: run analyze with"
              + " --base BASE and name what it wrote with --statistics DIR");
    }
  }

  /** On how many tokens of the data the method has to have seen every expert. */
  int sampleTokens() {
    if (packs.rankAll()) {
      return 0;
    }
    boolean needed =
        merging.isPresent()
            ? options.grouping(common).needsSample()
            : options.method(common).needsSample();
    return needed ? Measuring.SAMPLE_TOKENS : 0;
  }

  /** Refuses a target that the model cannot reach, before it is run for scores. */
  void requireReachable(SourceModel source) {
    planner(source).requireReachable(request(source));
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
    if (merging.isPresent()) {
      return mergePlan(source, where, statistics, merging.get());
    }
    Optional<PackedDomains> packed =
        packs.isGiven() ? Optional.of(packs.read(source)) : Optional.empty();
    Evidence evidence =
        packed
            .filter(domains -> packs.rankAll())
            .map(domains -> domains.evidence(statistics))
            .orElseGet(() -> evidence(where, statistics));
    List<ProtectList> lists = protectLists(source, statistics);
    packs.experts().ifPresent(count -> lists.add(packed.orElseThrow().first(count)));
    options.minTokens(common).ifPresent(least -> lists.add(StarvedExperts.of(evidence, least)));
    return planner(source).prune(evidence, request(source).protecting(new Protection(lists)));
  }

  private Plan mergePlan(SourceModel source, String where, Statistics statistics, Merging merging) {
    GroupingMethod method = options.grouping(common);
    return planner(source)
        .merge(
            MergeEvidence.of(where, statistics, method, options.seed(method)),
            request(source).protecting(new Protection(protectLists(source, statistics))),
            merging,
            removedFirst);
  }

  /** The plan that keeps what a mask says. */
  Plan masked(SourceModel source, Path mask) {
    MaskFile.Choice choice =
        MaskFile.read(
            mask,
            source.fingerprint(),
            source.architecture().moe().layers(),
            source.architecture().moe().experts());
    return planner(source).prune(choice.evidence(), PlanRequest.of(choice.target()));
  }

  private Evidence evidence(String where, Statistics statistics) {
    SaliencyMethod method = options.method(common);
    SequencedMap<String, Double> domains = options.domains(common);
    return domains.isEmpty()
        ? MeasuredEvidence.of(where, statistics, method, options.seed(method))
        : MeasuredEvidence.ofMix(where, statistics, method, domains);
  }

  private PlanRequest request(SourceModel source) {
    return options.request(common, source.architecture().moe().routing().expertsPerToken());
  }

  private List<ProtectList> protectLists(SourceModel source, Statistics statistics) {
    List<ProtectList> lists = new ArrayList<>();
    if (options.protectsSuperExperts()) {
      lists.add(ProtectList.of(statistics));
    }
    MeasuredModel model = MeasuredModel.of(source.architecture(), source.fingerprint());
    options.protectLists().forEach(file -> lists.add(ProtectList.read(file, model)));
    return lists;
  }

  private Planner planner(SourceModel source) {
    return new Planner(
        source.architecture(), source.tensors(), source.fingerprint(), VersionText.version(), form);
  }
}
