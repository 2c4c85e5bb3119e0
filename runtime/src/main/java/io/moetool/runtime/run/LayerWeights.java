package io.moetool.runtime.run;

import io.moetool.formats.BadInputException;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.TensorNames;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.runtime.graph.Piece;
import io.moetool.runtime.graph.StoredTypes;
import io.moetool.runtime.graph.WeightBinding;
import io.moetool.runtime.ort.OrtInputs;
import java.util.List;

/** The stored weights of one layer, handed to its pieces where they lie. */
final class LayerWeights implements StoredTypes {
  private final TensorStore store;
  private final TensorNames names;
  private final int layer;
  private final int expert;

  private LayerWeights(TensorStore store, TensorNames names, int layer, int expert) {
    this.store = store;
    this.names = names;
    this.layer = layer;
    this.expert = expert;
  }

  /** Weights of a layer; those of its experts are the first expert's. */
  static LayerWeights of(TensorStore store, Architecture architecture, int layer) {
    return new LayerWeights(store, architecture.names(), layer, 0);
  }

  /** The same layer's weights as another expert sees them. */
  LayerWeights ofExpert(int other) {
    return new LayerWeights(store, names, layer, other);
  }

  /** Adds the weights a piece asks for to its inputs. */
  void bind(Piece piece, OrtInputs inputs) {
    bind(piece.weights(), inputs);
  }

  private void bind(List<WeightBinding> bindings, OrtInputs inputs) {
    for (WeightBinding binding : bindings) {
      inputs.with(binding.input(), view(binding.role(), binding.bias()));
    }
  }

  @Override
  public OnnxType type(TensorRole role, boolean bias) {
    TensorInfo info = info(role, bias);
    return OnnxType.of(info.dtype())
        .filter(LayerWeights::isFloat)
        .orElseThrow(() ->
            new BadInputException(
                store.location(info.name()) + ": tensor " + info.name(),
                "weights of type %s cannot be run".formatted(info.dtype()),
                "supported: F32, F16, BF16"));
  }

  @Override
  public Shape shape(TensorRole role, boolean bias) {
    return info(role, bias).shape();
  }

  private TensorView view(TensorRole role, boolean bias) {
    return bias
        ? store.view(names.bias(role, layer))
        : new ExpertTensors(names).view(store, role, layer, expert);
  }

  private TensorInfo info(TensorRole role, boolean bias) {
    return bias
        ? store.info(names.bias(role, layer))
        : new ExpertTensors(names).info(store, role, layer, expert);
  }

  private static boolean isFloat(OnnxType type) {
    return type == OnnxType.FLOAT || type == OnnxType.FLOAT16 || type == OnnxType.BFLOAT16;
  }
}
