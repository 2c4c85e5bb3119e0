package io.moetool.transforms.plan;

import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.TensorNames;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Adds up tensor sizes before and after experts go. */
final class SizeForecast {
  private SizeForecast() {}

  static Plan.Forecast of(TensorNames names, TensorStore tensors, Map<Integer, List<Integer>> kept) {
    long before = 0;
    long after = 0;
    for (String name : tensors.names()) {
      TensorInfo info = tensors.info(name);
      before = Math.addExact(before, info.byteSize());
      after = Math.addExact(after, bytesAfter(names.place(name), info, kept));
    }
    return new Plan.Forecast(before, after);
  }

  private static long bytesAfter(
      Optional<TensorPlace> place, TensorInfo info, Map<Integer, List<Integer>> kept) {
    List<Integer> stay =
        place.flatMap(p -> p.layer().isPresent() ? Optional.ofNullable(kept.get(p.layer().getAsInt())) : Optional.empty())
            .orElse(null);
    if (stay == null || place.isEmpty()) {
      return info.byteSize();
    }
    if (place.get().expert().isPresent()) {
      return stay.contains(place.get().expert().getAsInt()) ? info.byteSize() : 0;
    }
    return place.get().role() == TensorRole.ROUTER
        ? info.withShape(info.shape().withDim(0, stay.size())).byteSize()
        : info.byteSize();
  }
}
