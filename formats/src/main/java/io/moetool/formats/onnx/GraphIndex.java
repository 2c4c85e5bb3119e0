package io.moetool.formats.onnx;

import io.moetool.formats.onnx.proto.AttributeProto;
import io.moetool.formats.onnx.proto.GraphProto;
import io.moetool.formats.onnx.proto.NodeProto;
import io.moetool.formats.onnx.proto.TensorProto;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who computes and who uses each value of a graph. */
final class GraphIndex {
  /** What stands for an input when a graph that a node runs uses a value. */
  static final int BY_BODY = -1;

  /** Elements of int64 tensors, wherever they lie. */
  static final ValueLayout.OfLong INT64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final OnnxFile file;
  private final GraphProto graph;
  private final Map<String, Integer> producers = new HashMap<>();
  private final Map<String, List<Use>> uses = new HashMap<>();
  private final Set<String> outputs = new HashSet<>();

  /**
   * A use of a value.
   *
   * @param node index of the node
   * @param input index of its input, or {@link #BY_BODY}
   */
  record Use(int node, int input) {}

  GraphIndex(OnnxFile file) {
    this.file = file;
    this.graph = file.structure().getGraph();
    for (int node = 0; node < graph.getNodeCount(); node++) {
      NodeProto proto = graph.getNode(node);
      for (String output : proto.getOutputList()) {
        producers.put(output, node);
      }
      for (int input = 0; input < proto.getInputCount(); input++) {
        use(proto.getInput(input), new Use(node, input));
      }
      Use byBody = new Use(node, BY_BODY);
      namesInBodies(proto).forEach(name -> use(name, byBody));
    }
    graph.getOutputList().forEach(output -> outputs.add(output.getName()));
  }

  private void use(String value, Use use) {
    uses.computeIfAbsent(value, name -> new ArrayList<>()).add(use);
  }

  /** The model's file, for messages. */
  String where() {
    return file.path().toString();
  }

  int nodes() {
    return graph.getNodeCount();
  }

  NodeProto node(int index) {
    return graph.getNode(index);
  }

  /** The node that computes a value; empty for inputs, initializers and the empty name. */
  Optional<Integer> producer(String value) {
    return Optional.ofNullable(producers.get(value));
  }

  List<Use> uses(String value) {
    return uses.getOrDefault(value, List.of());
  }

  boolean isOutput(String value) {
    return outputs.contains(value);
  }

  /** The initializer of this name. */
  Optional<OnnxTensor> tensor(String name) {
    return Optional.ofNullable(file.tensors().get(name));
  }

  /** The numbers of an int64 initializer; empty if there is none of this name. */
  Optional<long[]> integers(String name) {
    return tensor(name)
        .filter(tensor -> tensor.type().equals(TensorProto.DataType.INT64.name()))
        .map(tensor -> tensor.bytes().toArray(INT64));
  }

  /** Whether a value repeats one stored number. */
  boolean isFilled(String value) {
    return producer(value)
        .map(this::node)
        .filter(by ->
            by.getOpType().equals("ConstantOfShape")
                || (by.getOpType().equals("Expand")
                    && tensor(input(by, 0)).filter(t -> t.shape().elements() == 1).isPresent()))
        .isPresent();
  }

  /** An input of a node, empty where it is left out. */
  static String input(NodeProto node, int index) {
    return index < node.getInputCount() ? node.getInput(index) : "";
  }

  /** An attribute of a node. */
  static Optional<AttributeProto> attribute(NodeProto node, String name) {
    return node.getAttributeList().stream().filter(a -> a.getName().equals(name)).findFirst();
  }

  /** An integer attribute of a node. */
  static long integer(NodeProto node, String name, long absent) {
    return attribute(node, name).map(AttributeProto::getI).orElse(absent);
  }

  private static Set<String> namesInBodies(NodeProto node) {
    Set<String> names = new HashSet<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        addNames(attribute.getG(), names);
      }
      attribute.getGraphsList().forEach(body -> addNames(body, names));
    }
    return names;
  }

  private static void addNames(GraphProto body, Set<String> names) {
    for (NodeProto node : body.getNodeList()) {
      names.addAll(node.getInputList());
      names.addAll(namesInBodies(node));
    }
    body.getOutputList().forEach(output -> names.add(output.getName()));
  }
}
