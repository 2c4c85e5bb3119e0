package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.publish.MappedPages;
import io.moetool.formats.quantisation.WeightView;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.run.DecodableWeights;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Sums up the weights of a checkpoint in one pass over its experts, without running it. */
public final class WeightReader {
  private final Architecture architecture;
  private final TensorStore store;
  private final WorkPool pool;

  /** A reader of an open checkpoint. */
  public WeightReader(Architecture architecture, TensorStore store, WorkPool pool) {
    this.architecture = architecture;
    this.store = store;
    this.pool = pool;
  }

  /**
   * Reads all experts and routers.
   *
   * @throws BadInputException if a tensor is missing, of a type that cannot be decoded, or holds
   *     NaN or infinite values
   */
  public WeightStatistics read(RunProgress progress) {
    DecodableWeights.require(architecture, store);
    List<LayerWeightStatistics> layers = new ArrayList<>();
    List<Integer> indices = architecture.moe().layers();
    for (int layer : indices) {
      progress.report("weights", layers.size(), indices.size());
      layers.add(readLayer(layer));
    }
    progress.report("weights", indices.size(), indices.size());
    return new WeightStatistics(layers, Optional.empty());
  }

  private LayerWeightStatistics readLayer(int layer) {
    LayerWeightSums sums = new LayerWeightSums(pool, architecture.moe().experts());
    String name = architecture.names().weight(TensorRole.ROUTER, layer);
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix router = ElementDecoder.decode(arena, store.view(name));
      return sums.of(
          layer,
          expert -> readExpert(layer, expert),
          sums.routerGram(store.location(name), name, router));
    }
  }

  private ExpertWeightSums readExpert(int layer, int expert) {
    ExpertWeightSums sums = new ExpertWeightSums();
    ExpertTensors experts = new ExpertTensors(architecture.names());
    for (TensorRole role : experts.roles()) {
      WeightView stored = experts.view(store, role, layer, expert);
      try (Arena arena = Arena.ofConfined()) {
        TensorView values = WeightDecoder.values(arena, stored);
        sums.add(store.location(stored.elements().name()), values);
      }
      stored.tensors().forEach(tensor -> MappedPages.release(tensor.bytes()));
    }
    return sums;
  }
}
