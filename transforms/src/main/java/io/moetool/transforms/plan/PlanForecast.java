package io.moetool.transforms.plan;

import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.transforms.layout.ExpertPlaces;
import io.moetool.transforms.layout.PrunedTensors;

/** What the result of a plan will weigh, from names and sizes alone. */
final class PlanForecast {
  private PlanForecast() {}

  static Plan.Forecast of(Architecture architecture, TensorStore tensors, ExpertPlaces places) {
    return new Plan.Forecast(
        tensors.names().stream().mapToLong(name -> tensors.info(name).byteSize()).sum(),
        new PrunedTensors(architecture, places)
            .of(tensors).stream().mapToLong(move -> move.target().byteSize()).sum());
  }
}
