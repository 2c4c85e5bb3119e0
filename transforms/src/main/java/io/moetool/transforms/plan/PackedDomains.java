package io.moetool.transforms.plan;

import io.moetool.analyzers.specialisation.TaskPack;
import io.moetool.analyzers.specialisation.TaskPacks;
import io.moetool.analyzers.statistics.RoutedStatistics;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * Experts in the order in which some domains need them, out of task packs (EASY-EP, arXiv
 * 2504.06792; PreMoe, arXiv 2505.17639).
 *
 * <p>Packs hold places, not scores, so domains are mixed by place: each walks down its own ranking,
 * with steps as long as its weight, and an expert's turn is when the first of them meets it. Its
 * score is max over domains of weight / place, places counted from 1. The first so many are then
 * the union of what each domain needs most; of one domain they are its ranking.
 */
public final class PackedDomains {
  /** What a plan names as its method if packs ranked all experts. */
  public static final String METHOD = "task_pack";

  private final String where;
  private final TaskPacks packs;
  private final String mix;
  private final String ranking;
  private final List<Integer> layers;
  private final List<TaskPack> chosen = new ArrayList<>();
  private final List<double[]> scores = new ArrayList<>();

  private PackedDomains(
      String where, TaskPacks packs, String mix, String ranking, List<Integer> layers) {
    this.where = where;
    this.packs = packs;
    this.mix = mix;
    this.ranking = ranking;
    this.layers = layers;
  }

  /**
   * The experts that some domains need.
   *
   * @param where names the packs in messages
   * @param packs of the model, each ranking of all its experts
   * @param mix weights by name of the domain, above 0
   * @param ranking by which of the packs' methods
   * @param layers indices of the model's layers with experts, ascending
   * @throws BadInputException if there is no pack for a domain, or it says nothing about a layer
   */
  public static PackedDomains of(
      String where,
      TaskPacks packs,
      SequencedMap<String, Double> mix,
      String ranking,
      List<Integer> layers) {
    PackedDomains domains =
        new PackedDomains(where, packs, MeasuredEvidence.words(mix), ranking, layers);
    mix.keySet().forEach(domain -> domains.chosen.add(domains.pack(domain)));
    double[] weights = mix.values().stream().mapToDouble(Double::doubleValue).toArray();
    for (int layer : layers) {
      domains.scores.add(domains.score(layer, weights));
    }
    return domains;
  }

  private TaskPack pack(String domain) {
    if (!packs.domains().contains(domain)) {
      throw new BadInputException(
          where,
          "there is no task pack for domain '%s'".formatted(domain),
          "name some of " + String.join(", ", packs.domains()));
    }
    return packs
        .pack(domain, ranking)
        .orElseThrow(() ->
            new BadInputException(
                where,
                "the experts are not ranked by %s for domain '%s'".formatted(ranking, domain),
                "write the packs again with analyze"));
  }

  private double[] score(int layer, double[] weights) {
    double[] highest = new double[0];
    for (int i = 0; i < weights.length; i++) {
      List<Integer> order = chosen.get(i).ranking(layer);
      highest = Arrays.copyOf(highest, order.size());
      for (int place = 1; place <= order.size(); place++) {
        int expert = order.get(place - 1);
        highest[expert] = Math.max(highest[expert], weights[i] / place);
      }
    }
    return highest;
  }

  /**
   * Scores of all experts.
   *
   * @param statistics tell what the layers lose, if the model was run on data
   */
  public Evidence evidence(Statistics statistics) {
    List<LayerEvidence> evidence = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      LayerEvidence layer = LayerEvidence.ofWeights(layers.get(i), scores.get(i));
      Optional<RoutedStatistics> routed = statistics.routed();
      evidence.add(routed.isEmpty() ? layer : layer.measured(routed.get().layers().get(i)));
    }
    return new Evidence(
        where,
        packs.model(),
        METHOD,
        OptionalLong.empty(),
        Optional.of("%s, by places in task packs (%s)".formatted(mix, ranking)),
        Optional.of(
            new Plan.Statistics(packs.data(), chosen.stream().mapToLong(TaskPack::tokens).sum())),
        evidence);
  }

  /**
   * The first experts of every layer, to stay whatever another method makes of them.
   *
   * @param count how many of each layer
   */
  public ProtectList first(int count) {
    List<ProtectList.Entry> entries = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      double[] ofLayer = scores.get(i);
      List<Integer> order =
          IntStream.range(0, ofLayer.length)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer expert) -> ofLayer[expert]).reversed())
              .toList();
      for (int place = 0; place < Math.min(count, order.size()); place++) {
        entries.add(
            new ProtectList.Entry(
                layers.get(i), order.get(place), "place %d in the task pack".formatted(place + 1)));
      }
    }
    return ProtectList.ofExperts(
        Optional.of(packs.model()),
        "task pack: the first %d experts of every layer for %s, by places (%s), from data %s"
            .formatted(count, mix, ranking, packs.data()),
        entries);
  }
}
