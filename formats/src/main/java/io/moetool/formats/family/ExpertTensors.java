package io.moetool.formats.family;

import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.quantisation.StoredWeight;
import io.moetool.formats.quantisation.WeightView;
import java.util.List;

/**
 * Where the weights of single experts lie: in tensors of their own, or as slices of tensors that
 * hold all experts of a layer.
 */
public final class ExpertTensors {
  private static final List<TensorRole> OWN =
      List.of(TensorRole.EXPERT_GATE, TensorRole.EXPERT_UP, TensorRole.EXPERT_DOWN);
  private static final List<TensorRole> STACKED =
      List.of(TensorRole.EXPERTS_GATE_UP, TensorRole.EXPERTS_DOWN);

  private final TensorNames names;

  /** The expert tensors of a family. */
  public ExpertTensors(TensorNames names) {
    this.names = names;
  }

  /** Whether all experts of a layer share tensors. */
  public boolean areStacked() {
    return names.has(TensorRole.EXPERTS_GATE_UP);
  }

  /** The roles that an expert's weights are stored under, first projections first. */
  public List<TensorRole> roles() {
    return areStacked() ? STACKED : OWN.stream().filter(names::has).toList();
  }

  /** The role that an expert's first projections begin with. */
  TensorRole first() {
    return roles().getFirst();
  }

  /** Layout of one expert's weight, under the names of the tensors it lies in. */
  public StoredWeight layout(TensorStore store, TensorRole role, int layer, int expert) {
    StoredWeight weight = names.stored(store, role, layer, expert);
    return role.isOfAllExperts() ? weight.slice() : weight;
  }

  /** One expert's weight, under the names of the tensors it lies in. */
  public WeightView view(TensorStore store, TensorRole role, int layer, int expert) {
    WeightView view = names.stored(store, role, layer, expert).view(store);
    return role.isOfAllExperts() ? view.slice(expert) : view;
  }

  /** Layout of one expert's bias, where experts share tensors. */
  public TensorInfo biasLayout(TensorStore store, TensorRole role, int layer) {
    return StoredWeight.plain(store.info(names.bias(role, layer))).slice().elements();
  }

  /** One expert's bias, where experts share tensors. */
  public TensorView bias(TensorStore store, TensorRole role, int layer, int expert) {
    return StoredWeight.plain(store.info(names.bias(role, layer)))
        .view(store)
        .slice(expert)
        .elements();
  }
}
