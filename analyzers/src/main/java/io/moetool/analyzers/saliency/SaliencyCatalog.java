package io.moetool.analyzers.saliency;

import static io.moetool.analyzers.statistics.ExpertStatistic.A1;
import static io.moetool.analyzers.statistics.ExpertStatistic.A2;
import static io.moetool.analyzers.statistics.ExpertStatistic.GSUM;
import static io.moetool.analyzers.statistics.ExpertStatistic.MX;
import static io.moetool.analyzers.statistics.ExpertStatistic.N;
import static io.moetool.analyzers.statistics.ExpertStatistic.R1;
import static io.moetool.analyzers.statistics.ExpertStatistic.R2;
import static io.moetool.analyzers.statistics.ExpertStatistic.SHIFT;
import static io.moetool.analyzers.statistics.ExpertStatistic.SOFT;
import static io.moetool.analyzers.statistics.ExpertStatistic.TCESS;

import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.List;

/** All methods that can be asked for by name. */
public final class SaliencyCatalog {
  private static final long DEFAULT_SEED = 0;
  private static final String REAP = "REAP%s, arXiv 2510.13999";
  private static final String MAN = "MAN/MSAN, arXiv 2606.15716";

  /** Methods that are one sum, or one mean, over the tokens that chose an expert. */
  private static final List<SaliencyMethod> ROUTED =
      List.of(
          RoutedSum.total(
              "frequency",
              N,
              "tokens that chose the expert, blind to what it does to them",
              "SEER-MoE (hard counts), arXiv 2404.05089"),
          RoutedSum.total(
              "soft_count",
              SOFT,
              "sum of the expert's share in the router's scores over all tokens",
              "SEER-MoE (soft counts), arXiv 2404.05089; Unified Expert Drop, arXiv 2406.02500"),
          RoutedSum.total(
              "gate_mass",
              GSUM,
              "sum of the coefficients that multiplied the expert's outputs",
              REAP.formatted(" (weighted_frequency_sum)")),
          RoutedSum.total(
              "ean_sum",
              A1,
              "sum of the output norms",
              REAP.formatted(" (expert activation norm)")),
          RoutedSum.mean(
              "ean_mean",
              A1,
              "mean output norm over the tokens that chose the expert",
              REAP.formatted(" (expert activation norm)")),
          RoutedSum.mean("man", A1, "mean activation norm, the same number as ean_mean", MAN),
          RoutedSum.mean("msan", A2, "mean squared activation norm", MAN),
          RoutedSum.mean(
              "reap",
              R1,
              "mean norm of what the expert adds, coefficient times output",
              REAP.formatted("")),
          RoutedSum.mean(
              "reap_l2",
              R2,
              "mean squared norm of what the expert adds",
              REAP.formatted(" (reap_l2)")),
          RoutedSum.total(
              "weighted_ean_sum",
              R1,
              "sum of the norms of what the expert adds",
              REAP.formatted(" (weighted_ean_sum)")),
          RoutedSum.total(
              "weighted_ean_sum_l2",
              R2,
              "sum of the squared norms of what the expert adds",
              REAP.formatted(" (weighted_ean_sum_l2)")),
          RoutedSum.total(
              "max_activations",
              MX,
              "largest absolute output",
              REAP.formatted(" (max_activations)")),
          RoutedSum.total(
              "shift",
              SHIFT,
              "sum of the squared norms of what the expert adds, each as a share of the hidden state's",
              "this project"),
          RoutedSum.total(
              "tcess",
              TCESS,
              "sum of the expert's scores over tokens that rank it high and are sure of it",
              "PreMoe, arXiv 2505.17639 (scores in place of raw logits)"));

  /** Methods that look at what takes an expert's place. */
  private static final List<SaliencyMethod> REPLACEMENTS =
      List.of(
          new Replacement(
              "leave_one_out",
              Replacement::leaveOneOut,
              "error of the layer's output without the expert, its tokens routed again",
              "NVIDIA Model Optimizer (Puzzletron); first step of NAEE, arXiv 2402.14800"),
          new Replacement(
              "naee",
              Replacement::eliminated,
              "step at which the expert goes if each step takes the one whose loss grows least",
              "NAEE, arXiv 2402.14800 (greedy)"),
          new Replacement(
              "ranked_choice",
              Replacement::votedOut,
              "step at which the expert is voted out, its tokens choosing again every time",
              "NVIDIA Model Optimizer (unchosen experts go first)"));

  /** Methods that need no data. */
  private static final List<SaliencyMethod> WEIGHTS =
      List.of(
          new WeightShape(
              "aimer",
              WeightShape::aimer,
              "heaviness of the tails of the expert's weights; needs no data",
              "AIMER, arXiv 2603.18492 (orientation inverted: higher is kept)"),
          new WeightShape(
              "magnitude",
              WeightShape::magnitude,
              "mean magnitude of the expert's weights; needs no data",
              "baseline"));

  private SaliencyCatalog() {}

  /** All methods, in the order they are listed to people; those that draw lots with seed 0. */
  public static List<SaliencyMethod> methods() {
    return methods(DEFAULT_SEED);
  }

  /** All methods, in the order they are listed to people. */
  public static List<SaliencyMethod> methods(long seed) {
    List<SaliencyMethod> methods = new ArrayList<>(ROUTED);
    methods.add(new EasyEp());
    methods.addAll(REPLACEMENTS);
    methods.addAll(WEIGHTS);
    methods.add(new RouterNormChange());
    methods.add(new RandomOrder(seed));
    return List.copyOf(methods);
  }

  /** Names of all methods, in the same order. */
  public static List<String> names() {
    return methods().stream().map(SaliencyMethod::name).toList();
  }

  /**
   * The method of that name.
   *
   * @param seed used by methods that draw lots
   * @throws BadInputException if there is none
   */
  public static SaliencyMethod named(String name, long seed) {
    return methods(seed).stream()
        .filter(method -> method.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new BadInputException(
                "method '%s'".formatted(name),
                "there is no such method",
                "choose one of " + String.join(", ", names())));
  }
}
