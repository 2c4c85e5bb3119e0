package io.moetool.formats.onnx;

import com.google.protobuf.ByteString;
import io.moetool.formats.onnx.proto.AttributeProto;
import io.moetool.formats.onnx.proto.GraphProto;
import io.moetool.formats.onnx.proto.ModelProto;
import io.moetool.formats.onnx.proto.NodeProto;
import io.moetool.formats.onnx.proto.TensorProto;
import io.moetool.formats.onnx.proto.TensorProto.DataLocation;
import io.moetool.formats.onnx.proto.TensorProto.DataType;
import io.moetool.formats.onnx.proto.ValueInfoProto;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Numbers that a graph computes by nodes without inputs become stored tensors, which is the same to
 * a runtime. Some exporters write all constants as such nodes, others none.
 */
final class LiftedConstants {
  /** From this version of the format on, stored tensors need not be inputs of the graph as well. */
  private static final long FREE_INITIALIZERS = 4;

  private final List<TensorProto> tensors = new ArrayList<>();
  private final List<Optional<MemorySegment>> rawData = new ArrayList<>();

  private LiftedConstants() {}

  /** The same model with its constants among the stored tensors. */
  static ModelScan.Parts of(ModelScan.Parts parts) {
    return parts.structure().getIrVersion() < FREE_INITIALIZERS
        ? parts
        : new LiftedConstants().lifted(parts);
  }

  private ModelScan.Parts lifted(ModelScan.Parts parts) {
    GraphProto graph = parts.structure().getGraph();
    Set<String> outputs = new HashSet<>();
    graph.getOutputList().stream().map(ValueInfoProto::getName).forEach(outputs::add);
    List<NodeProto> nodes = new ArrayList<>();
    rawData.addAll(parts.rawData());
    for (NodeProto node : graph.getNodeList()) {
      Optional<TensorProto> constant =
          isConstant(node) && !outputs.contains(node.getOutput(0))
              ? constant(node.getAttribute(0))
              : Optional.empty();
      if (constant.isPresent()) {
        lift(constant.get(), node.getOutput(0));
      } else {
        nodes.add(node);
      }
    }
    if (tensors.isEmpty()) {
      return parts;
    }
    ModelProto.Builder model = parts.structure().toBuilder();
    model.getGraphBuilder().clearNode().addAllNode(nodes).addAllInitializer(tensors);
    return new ModelScan.Parts(model.build(), rawData);
  }

  private void lift(TensorProto constant, String name) {
    ByteString raw = constant.getRawData();
    tensors.add(constant.toBuilder().setName(name).clearRawData().build());
    rawData.add(
        constant.hasRawData()
            ? Optional.of(MemorySegment.ofArray(raw.toByteArray()))
            : Optional.empty());
  }

  private static boolean isConstant(NodeProto node) {
    return node.getOpType().equals("Constant")
        && (node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx"))
        && node.getOutputCount() == 1
        && node.getAttributeCount() == 1;
  }

  /** The numbers of an attribute; empty for texts and sparse tensors, and for data elsewhere. */
  private static Optional<TensorProto> constant(AttributeProto attribute) {
    TensorProto.Builder tensor = TensorProto.newBuilder();
    return switch (attribute.getName()) {
      case "value" ->
          Optional.of(attribute.getT())
              .filter(value -> value.getDataLocation() != DataLocation.EXTERNAL)
              .filter(value -> value.getDataType() != DataType.STRING.getNumber());
      case "value_int" ->
          Optional.of(
              tensor
                  .setDataType(DataType.INT64.getNumber())
                  .addInt64Data(attribute.getI())
                  .build());
      case "value_ints" ->
          Optional.of(
              tensor
                  .setDataType(DataType.INT64.getNumber())
                  .addDims(attribute.getIntsCount())
                  .addAllInt64Data(attribute.getIntsList())
                  .build());
      case "value_float" ->
          Optional.of(
              tensor
                  .setDataType(DataType.FLOAT.getNumber())
                  .addFloatData(attribute.getF())
                  .build());
      case "value_floats" ->
          Optional.of(
              tensor
                  .setDataType(DataType.FLOAT.getNumber())
                  .addDims(attribute.getFloatsCount())
                  .addAllFloatData(attribute.getFloatsList())
                  .build());
      default -> Optional.empty();
    };
  }
}
