package io.moetool.transforms.group;

import io.moetool.analyzers.saliency.LayerMeasurements;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/** Groups by lot, as equal in size as can be; all members count alike. The control. */
final class RandomGroups implements GroupingMethod {
  static final String NAME = "random-groups";

  private final long seed;

  /** The same seed gives the same groups. */
  RandomGroups(long seed) {
    this.seed = seed;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "by lot, with a seed; a control";
  }

  @Override
  public String source() {
    return "control";
  }

  @Override
  public boolean needsData() {
    return false;
  }

  @Override
  public double[] scores(LayerMeasurements layer) {
    double[] scores = new double[layer.experts()];
    Arrays.fill(scores, 1);
    return scores;
  }

  @Override
  public List<List<Integer>> groups(LayerMeasurements layer, List<Integer> candidates, int count) {
    SplittableRandom random =
        new SplittableRandom(new SplittableRandom(seed).nextLong() + layer.layer());
    List<Integer> drawn = new ArrayList<>(candidates);
    for (int i = drawn.size() - 1; i > 0; i--) {
      Collections.swap(drawn, i, random.nextInt(i + 1));
    }
    List<List<Integer>> groups = new ArrayList<>();
    for (int group = 0; group < count; group++) {
      groups.add(new ArrayList<>());
    }
    for (int i = 0; i < drawn.size(); i++) {
      groups.get(i % count).add(drawn.get(i));
    }
    return groups;
  }
}
