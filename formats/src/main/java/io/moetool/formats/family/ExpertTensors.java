package io.moetool.formats.family;

import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
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
    return areStacked() ? STACKED : OWN;
  }

  /** The role that an expert's first projections begin with. */
  TensorRole first() {
    return roles().getFirst();
  }

  /** Layout of one expert's weight, under the name of the tensor it lies in. */
  public TensorInfo info(TensorStore store, TensorRole role, int layer, int expert) {
    TensorInfo info = store.info(names.weight(role, layer, expert));
    return role.isOfAllExperts() ? slice(info) : info;
  }

  /** One expert's weight, under the name of the tensor it lies in. */
  public TensorView view(TensorStore store, TensorRole role, int layer, int expert) {
    TensorView view = store.view(names.weight(role, layer, expert));
    return role.isOfAllExperts() ? new TensorView(slice(view.info()), view.slice(expert)) : view;
  }

  private static TensorInfo slice(TensorInfo all) {
    List<Long> dims = all.shape().dims();
    return all.withShape(new Shape(dims.subList(1, dims.size())));
  }
}
