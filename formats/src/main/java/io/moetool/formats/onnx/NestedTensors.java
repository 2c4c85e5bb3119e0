package io.moetool.formats.onnx;

import io.moetool.formats.onnx.proto.AttributeProto;
import io.moetool.formats.onnx.proto.FunctionProto;
import io.moetool.formats.onnx.proto.GraphProto;
import io.moetool.formats.onnx.proto.ModelProto;
import io.moetool.formats.onnx.proto.NodeProto;
import io.moetool.formats.onnx.proto.SparseTensorProto;
import io.moetool.formats.onnx.proto.TensorProto;
import java.util.ArrayList;
import java.util.List;

/** Tensors of a model that are no initializers of its graph. */
final class NestedTensors {
  private final List<TensorProto> found = new ArrayList<>();

  private NestedTensors() {}

  /** Those whose elements lie in other files. */
  static List<TensorProto> elsewhere(ModelProto model) {
    NestedTensors nested = new NestedTensors();
    model.getGraph().getNodeList().forEach(nested::addNode);
    model.getGraph().getSparseInitializerList().forEach(nested::addSparse);
    for (FunctionProto function : model.getFunctionsList()) {
      function.getNodeList().forEach(nested::addNode);
      function.getAttributeProtoList().forEach(nested::addAttribute);
    }
    return List.copyOf(nested.found);
  }

  private void addNode(NodeProto node) {
    node.getAttributeList().forEach(this::addAttribute);
  }

  private void addAttribute(AttributeProto attribute) {
    if (attribute.hasT()) {
      addTensor(attribute.getT());
    }
    attribute.getTensorsList().forEach(this::addTensor);
    if (attribute.hasSparseTensor()) {
      addSparse(attribute.getSparseTensor());
    }
    attribute.getSparseTensorsList().forEach(this::addSparse);
    if (attribute.hasG()) {
      addGraph(attribute.getG());
    }
    attribute.getGraphsList().forEach(this::addGraph);
  }

  private void addGraph(GraphProto body) {
    body.getNodeList().forEach(this::addNode);
    body.getInitializerList().forEach(this::addTensor);
    body.getSparseInitializerList().forEach(this::addSparse);
  }

  private void addSparse(SparseTensorProto sparse) {
    addTensor(sparse.getValues());
    addTensor(sparse.getIndices());
  }

  private void addTensor(TensorProto tensor) {
    if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      found.add(tensor);
    }
  }
}
