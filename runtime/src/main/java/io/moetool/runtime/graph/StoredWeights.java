package io.moetool.runtime.graph;

import io.moetool.formats.Shape;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.TensorNames;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;

/** Weights of one layer as tensors stored with an exported model, under their checkpoint names. */
final class StoredWeights implements WeightSource {
  private final OnnxGraph graph;
  private final ExternalData data;
  private final TensorStore store;
  private final TensorNames names;
  private final int layer;
  private final int expert;

  private StoredWeights(
      OnnxGraph graph,
      ExternalData data,
      TensorStore store,
      TensorNames names,
      int layer,
      int expert) {
    this.graph = graph;
    this.data = data;
    this.store = store;
    this.names = names;
    this.layer = layer;
    this.expert = expert;
  }

  static StoredWeights of(
      OnnxGraph graph, ExternalData data, TensorStore store, Architecture architecture, int layer) {
    return new StoredWeights(graph, data, store, architecture.names(), layer, 0);
  }

  StoredWeights ofExpert(int other) {
    return new StoredWeights(graph, data, store, names, layer, other);
  }

  @Override
  public String weight(TensorRole role) {
    String name = names.weight(role, layer, expert);
    return role.isOfAllExperts() ? slice(role, name) : value(name);
  }

  @Override
  public String bias(TensorRole role) {
    String name = names.bias(role, layer);
    return role.isOfAllExperts()
        ? data.value(
            graph,
            name + "." + expert,
            new ExpertTensors(names).biasLayout(store, role, layer).shape(),
            new StoredContent.Slice(name, expert))
        : value(name);
  }

  private String slice(TensorRole role, String name) {
    Shape shape = new ExpertTensors(names).layout(store, role, layer, expert).shape();
    return data.value(graph, name + "." + expert, shape, new StoredContent.Slice(name, expert));
  }

  private String value(String name) {
    return data.value(
        graph, name, names.stored(store, name).shape(), new StoredContent.Tensor(name));
  }
}
