package io.moetool.transforms.merge;

import io.moetool.formats.BadInputException;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.MergeGroup;
import io.moetool.transforms.plan.Merging;
import io.moetool.transforms.plan.Merging.Alignment;
import io.moetool.transforms.plan.Plan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * For every member of a group, which of its neurons matches which of the leader's. The groups of a
 * layer are matched when the first of them is asked for; what is kept is one number a neuron.
 */
final class GroupAlignments {
  /** Neurons of a group that are compared all with all: 1 GiB of correlations. */
  private static final int MOST_ZIPPED = 1 << 14;

  private final SourceModel source;
  private final Alignment alignment;
  private final Map<Integer, LayerPlan> layers;
  private final WorkPool pool;
  private final Map<Integer, Map<Integer, int[][]>> matched = new ConcurrentHashMap<>();

  private GroupAlignments(
      SourceModel source, Alignment alignment, Map<Integer, LayerPlan> layers, WorkPool pool) {
    this.source = source;
    this.alignment = alignment;
    this.layers = layers;
    this.pool = pool;
  }

  /**
   * The alignments that a plan asks for.
   *
   * @throws BadInputException if a group has more neurons than can be compared all with all
   */
  static GroupAlignments of(SourceModel source, Plan plan, WorkPool pool) {
    Map<Integer, LayerPlan> layers = new TreeMap<>();
    plan.layers().forEach(layer -> layers.put(layer.layer(), layer));
    Alignment alignment =
        plan.options().merging().flatMap(Merging::knownAlignment).orElse(Alignment.NONE);
    if (alignment == Alignment.ZIPIT) {
      plan.layers().forEach(layer -> requireZippable(source, layer));
    }
    return new GroupAlignments(source, alignment, layers, pool);
  }

  /**
   * By member, in the order of the group's experts, and by neuron of what they become: the member's
   * neurons that join in it.
   */
  List<int[][]> of(int layer, MergeGroup group) {
    int width = source.architecture().moe().expertWidth();
    int[][] same = each(IntStream.range(0, width).toArray());
    Map<Integer, int[][]> found =
        alignment == Alignment.NONE ? Map.of() : matched.computeIfAbsent(layer, this::match);
    return group.experts().stream().map(expert -> found.getOrDefault(expert, same)).toList();
  }

  private static void requireZippable(SourceModel source, LayerPlan layer) {
    int width = source.architecture().moe().expertWidth();
    for (MergeGroup group : layer.groups()) {
      int neurons = group.experts().size() * width;
      if (neurons > MOST_ZIPPED) {
        throw new BadInputException(
            "layer %d, group of expert %d".formatted(layer.layer(), group.leader()),
            "%d experts have %d neurons, and zipit compares at most %d all with all"
                .formatted(group.experts().size(), neurons, MOST_ZIPPED),
            "merge with --align weights or fix-dom, or into more groups");
      }
    }
  }

  private static int[][] each(int[] neurons) {
    return IntStream.of(neurons).mapToObj(neuron -> new int[] {neuron}).toArray(int[][]::new);
  }

  private Map<Integer, int[][]> match(int layer) {
    return alignment == Alignment.ZIPIT ? zip(layer) : matchMembers(layer);
  }

  private Map<Integer, int[][]> zip(int layer) {
    List<MergeGroup> groups = Objects.requireNonNull(layers.get(layer)).groups();
    List<List<int[][]>> zipped = new ArrayList<>(Collections.nCopies(groups.size(), List.of()));
    try (NeuronMatching matching = new NeuronMatching(source, OrtEngine.open(Device.CPU))) {
      pool.forEach(
          groups.size(), i -> zipped.set(i, matching.zipped(layer, groups.get(i).experts())));
    }
    Map<Integer, int[][]> byMember = new HashMap<>();
    for (int i = 0; i < groups.size(); i++) {
      for (int j = 0; j < zipped.get(i).size(); j++) {
        byMember.put(groups.get(i).experts().get(j), zipped.get(i).get(j));
      }
    }
    return byMember;
  }

  private Map<Integer, int[][]> matchMembers(int layer) {
    List<Integer> leaders = new ArrayList<>();
    List<Integer> members = new ArrayList<>();
    for (MergeGroup group : Objects.requireNonNull(layers.get(layer)).groups()) {
      for (int expert : group.experts()) {
        if (expert != group.leader()) {
          leaders.add(group.leader());
          members.add(expert);
        }
      }
    }
    int[][][] neurons = new int[members.size()][][];
    try (NeuronMatching matching = new NeuronMatching(source, OrtEngine.open(Device.CPU))) {
      pool.forEach(
          members.size(),
          i ->
              neurons[i] =
                  alignment == Alignment.FIX_DOM
                      ? matching.nearest(layer, leaders.get(i), members.get(i))
                      : each(matching.match(layer, leaders.get(i), members.get(i))));
    }
    Map<Integer, int[][]> byMember = new HashMap<>();
    for (int i = 0; i < neurons.length; i++) {
      byMember.put(members.get(i), neurons[i]);
    }
    return byMember;
  }
}
