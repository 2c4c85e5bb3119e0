package io.moetool.runtime.graph;

import io.moetool.formats.Shape;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.TensorNames;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxNode;
import io.moetool.formats.onnx.OnnxType;
import java.util.List;
import java.util.Optional;

/** Weights of one layer as tensors stored with an exported model, under their checkpoint names. */
final class StoredWeights implements WeightSource {
  private final OnnxGraph graph;
  private final ExternalData data;
  private final ExportPrecision precision;
  private final TensorStore store;
  private final Architecture architecture;
  private final int layer;
  private final int expert;

  private StoredWeights(
      OnnxGraph graph,
      ExternalData data,
      ExportPrecision precision,
      TensorStore store,
      Architecture architecture,
      int layer,
      int expert) {
    this.graph = graph;
    this.data = data;
    this.precision = precision;
    this.store = store;
    this.architecture = architecture;
    this.layer = layer;
    this.expert = expert;
  }

  static StoredWeights of(
      OnnxGraph graph,
      ExternalData data,
      ExportPrecision precision,
      TensorStore store,
      Architecture architecture,
      int layer) {
    return new StoredWeights(graph, data, precision, store, architecture, layer, 0);
  }

  StoredWeights ofExpert(int other) {
    return new StoredWeights(graph, data, precision, store, architecture, layer, other);
  }

  @Override
  public String weight(TensorRole role) {
    String name = names().weight(role, layer, expert);
    Optional<ExpertIntegers> integers =
        role.group() == TensorRole.Group.ROUTED_EXPERTS
            ? precision.experts(layer, expert)
            : Optional.empty();
    if (integers.isPresent()) {
      return dequantised(integers.get(), role, name);
    }
    return role.isOfAllExperts()
        ? widened(role, name + "." + expert, stacked(role), new StoredContent.Slice(name, expert))
        : widened(role, name, stored(name), new StoredContent.Tensor(name));
  }

  @Override
  public String bias(TensorRole role) {
    String name = names().bias(role, layer);
    return role.isOfAllExperts()
        ? data.value(
            graph,
            name + "." + expert,
            new ExpertTensors(names()).biasLayout(store, role, layer).shape(),
            new StoredContent.Slice(name, expert))
        : data.value(graph, name, stored(name), new StoredContent.Tensor(name));
  }

  /** A projection of one expert, stored {@code [out, in]} as integers. */
  private String dequantised(ExpertIntegers type, TensorRole role, String name) {
    boolean transposed = role.isOfAllExperts() && architecture.moe().expert().stack().transposed();
    Shape shape = role.isOfAllExperts() ? stacked(role) : stored(name);
    Shape outIn = transposed ? Shape.of(shape.dim(1), shape.dim(0)) : shape;
    int block = type.block(architecture);
    StoredContent.Projection projection = new StoredContent.Projection(role, layer, expert);
    String base = role.isOfAllExperts() ? name + "." + expert : name;
    String integers =
        data.value(
            graph,
            base + ".integers",
            type.type(),
            outIn,
            new StoredContent.Integers(projection, type, block, true));
    String scales =
        data.value(
            graph,
            base + ".scales",
            ExpertIntegers.scales(outIn, block),
            new StoredContent.Scales(projection, type, block));
    OnnxNode node = graph.node("DequantizeLinear", integers, scales);
    String weight =
        (block == 0 ? node.with("axis", 0) : node.with("axis", 1).with("block_size", block))
            .output();
    return transposed
        ? graph.node("Transpose", weight).with("perm", List.of(1L, 0L)).output()
        : weight;
  }

  /**
   * Routers decide by small differences, decays count once for every token, and vectors take no
   * room: all of them stay float32.
   */
  private String widened(TensorRole role, String name, Shape shape, StoredContent content) {
    boolean narrow =
        shape.rank() > 1
            && role.group() != TensorRole.Group.ROUTER
            && role != TensorRole.RECURRENT_DECAY;
    return data.widened(graph, name, narrow ? precision.weights() : OnnxType.FLOAT, shape, content);
  }

  private TensorNames names() {
    return architecture.names();
  }

  private Shape stored(String name) {
    return names().stored(store, name).shape();
  }

  private Shape stacked(TensorRole role) {
    return new ExpertTensors(names()).layout(store, role, layer, expert).shape();
  }
}
