package io.moetool.transforms.plan;

import io.moetool.analyzers.superexperts.ProtectList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Experts that stay whatever their score, from any number of lists. */
public final class Protection {
  /** Nobody is protected. */
  public static final Protection NONE = new Protection(List.of());

  private final List<String> rules;
  private final Map<Integer, SortedMap<Integer, String>> reasons = new TreeMap<>();

  /** Protects whoever is named in a list; the first one that names an expert gives the reason. */
  public Protection(List<ProtectList> lists) {
    rules = lists.stream().map(ProtectList::rule).toList();
    for (ProtectList list : lists) {
      for (ProtectList.Entry entry : list.experts()) {
        reasons
            .computeIfAbsent(entry.layer(), layer -> new TreeMap<>())
            .putIfAbsent(entry.expert(), entry.reason());
      }
    }
  }

  /** How the lists were found, in words, one for each. */
  List<String> rules() {
    return rules;
  }

  /** The protected experts of a layer, ascending, each with the reason. */
  SortedMap<Integer, String> of(int layer) {
    return reasons.getOrDefault(layer, new TreeMap<>());
  }

  /** Fewest experts per layer, the same in each and as many of every group, that hold them all. */
  int fewest(List<Integer> layers, ExpertGroups groups) {
    int most = 0;
    for (int layer : layers) {
      int[] ofGroup = new int[groups.count()];
      of(layer).keySet().forEach(expert -> ofGroup[groups.groupOf(expert)]++);
      most = Math.max(most, Arrays.stream(ofGroup).max().orElse(0));
    }
    return most * groups.count();
  }
}
