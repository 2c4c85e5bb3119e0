package io.moetool.transforms.plan;

import io.moetool.analyzers.damage.LayerDamage;
import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Divides what goes among the layers of a model. */
final class LayerCounts {
  private final Evidence evidence;
  private final int floor;

  /** By layer, the experts that may go, the first to go first. */
  private final List<List<Integer>> mayGo = new ArrayList<>();

  private LayerCounts(Evidence evidence, Protection protection, int floor) {
    this.evidence = evidence;
    this.floor = floor;
    for (LayerEvidence layer : evidence.layers()) {
      List<Integer> order =
          DropOrder.of(layer).stream()
              .filter(expert -> !protection.of(layer.layer()).containsKey(expert))
              .toList();
      mayGo.add(order.subList(0, Math.min(order.size(), layer.experts() - floor)));
    }
  }

  /**
   * Experts that stay, by layer.
   *
   * @param uniform experts that would stay in every layer if all lost as many
   * @throws BadInputException if not as many may go, or damages were not measured
   */
  static List<Integer> of(Evidence evidence, PlanRequest request, int uniform) {
    if (request.target() instanceof Target.Listed listed) {
      return listed.experts();
    }
    return switch (request.budget()) {
      case Budget.Uniform _ -> Collections.nCopies(evidence.layers().size(), uniform);
      case Budget.Global(int floor) ->
          new LayerCounts(evidence, request.protection(), floor).global(uniform);
      case Budget.Damage(int floor) ->
          new LayerCounts(evidence, request.protection(), floor).leastDamage(uniform);
    };
  }

  private List<Integer> global(int uniform) {
    int[] gone = new int[mayGo.size()];
    double[] unit = evidence.layers().stream().mapToDouble(LayerCounts::meanMagnitude).toArray();
    for (int step = total(uniform); step > 0; step--) {
      int next = -1;
      double lowest = Double.POSITIVE_INFINITY;
      for (int i = 0; i < gone.length; i++) {
        if (gone[i] < mayGo.get(i).size()) {
          double score = evidence.layers().get(i).score(mayGo.get(i).get(gone[i])) / unit[i];
          if (next < 0 || score < lowest) {
            next = i;
            lowest = score;
          }
        }
      }
      gone[next]++;
    }
    return stay(gone);
  }

  /** Mean of |score|; 1 where all are zero. */
  private static double meanMagnitude(LayerEvidence layer) {
    double sum = 0;
    for (int expert = 0; expert < layer.experts(); expert++) {
      sum += Math.abs(layer.score(expert));
    }
    return sum == 0 ? 1 : sum / layer.experts();
  }

  /**
   * Minimises Σ damage_l(k_l) over Σ k_l = total, layer by layer: the least damage of the layers so
   * far for every number of experts that they lose together. Of equal damages the one that spares
   * the later layer counts.
   */
  private List<Integer> leastDamage(int uniform) {
    int total = total(uniform);
    double[] least = new double[total + 1];
    Arrays.fill(least, 1, total + 1, Double.POSITIVE_INFINITY);
    int[][] choice = new int[mayGo.size()][total + 1];
    for (int i = 0; i < choice.length; i++) {
      double[] curve = damage(evidence.layers().get(i)).along(mayGo.get(i));
      double[] with = new double[total + 1];
      Arrays.fill(with, Double.POSITIVE_INFINITY);
      for (int sum = 0; sum <= total; sum++) {
        for (int gone = 0; gone <= Math.min(sum, curve.length - 1); gone++) {
          double damage = least[sum - gone] + curve[gone];
          if (damage < with[sum]) {
            with[sum] = damage;
            choice[i][sum] = gone;
          }
        }
      }
      least = with;
    }
    int[] gone = new int[choice.length];
    int rest = total;
    for (int i = choice.length - 1; i >= 0; i--) {
      gone[i] = choice[i][rest];
      rest -= gone[i];
    }
    return stay(gone);
  }

  private LayerDamage damage(LayerEvidence layer) {
    return layer
        .damage()
        .orElseThrow(() ->
            new BadInputException(
                "%s, layer %d".formatted(evidence.where(), layer.layer()),
                "damages were not measured",
                "analyze the model with --data"));
  }

  /** Experts that go from all layers together. */
  private int total(int uniform) {
    int total = evidence.layers().stream().mapToInt(layer -> layer.experts() - uniform).sum();
    int most = mayGo.stream().mapToInt(List::size).sum();
    if (total > most) {
      throw new BadInputException(
          evidence.where(),
          "%d experts are to go from all layers together, but only %d may: %d of every layer stay, and those that are protected"
              .formatted(total, most, floor),
          "keep more experts, or protect fewer");
    }
    return total;
  }

  private List<Integer> stay(int[] gone) {
    return IntStream.range(0, gone.length)
        .mapToObj(i -> evidence.layers().get(i).experts() - gone[i])
        .toList();
  }
}
