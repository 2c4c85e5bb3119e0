package io.moetool.transforms.validate;

import io.moetool.transforms.layout.ExpertPlaces;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.MergeGroup;
import io.moetool.transforms.plan.Plan;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Under which number a candidate stores what a base's experts have become. */
public final class ExpertSlots {
  private static final int NONE = -1;

  private final Map<Integer, int[]> byLayer;

  private ExpertSlots(Map<Integer, int[]> byLayer) {
    this.byLayer = byLayer;
  }

  /** Every expert under its own number. */
  public static ExpertSlots unchanged() {
    return new ExpertSlots(Map.of());
  }

  /** What a plan makes of them: merged experts share a number, removed ones have none. */
  public static ExpertSlots of(Plan plan) {
    ExpertPlaces places = plan.places();
    Map<Integer, int[]> slots = new TreeMap<>();
    for (LayerPlan layer : plan.layers()) {
      int[] ofLayer = new int[plan.expertsBefore()];
      Arrays.fill(ofLayer, NONE);
      int slot = 0;
      for (int expert : places.stored().getOrDefault(layer.layer(), List.of())) {
        ofLayer[expert] = slot++;
      }
      for (MergeGroup group : layer.groups()) {
        for (int expert : group.experts()) {
          ofLayer[expert] = ofLayer[expert] == NONE ? ofLayer[group.leader()] : ofLayer[expert];
        }
      }
      slots.put(layer.layer(), ofLayer);
    }
    return new ExpertSlots(slots);
  }

  /** The number of what a base's expert has become; negative if it is gone. */
  int slot(int layer, int expert) {
    int[] ofLayer = byLayer.get(layer);
    return ofLayer == null ? expert : ofLayer[expert];
  }
}
