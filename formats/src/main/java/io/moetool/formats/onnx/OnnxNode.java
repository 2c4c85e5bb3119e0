package io.moetool.formats.onnx;

import com.google.protobuf.ByteString;
import io.moetool.formats.onnx.proto.AttributeProto;
import io.moetool.formats.onnx.proto.NodeProto;
import java.util.List;

/** A node being described; {@link #output()} adds it to its graph. */
public final class OnnxNode {
  private final OnnxGraph graph;
  private final NodeProto.Builder node;

  OnnxNode(OnnxGraph graph, String domain, String operator, List<String> inputs) {
    this.graph = graph;
    this.node = NodeProto.newBuilder().setOpType(operator).addAllInput(inputs);
    if (!domain.isEmpty()) {
      node.setDomain(domain);
    }
  }

  /** Sets an integer attribute. */
  public OnnxNode with(String name, long value) {
    node.addAttribute(attribute(name, AttributeProto.AttributeType.INT).setI(value));
    return this;
  }

  /** Sets a float attribute. */
  public OnnxNode with(String name, float value) {
    node.addAttribute(attribute(name, AttributeProto.AttributeType.FLOAT).setF(value));
    return this;
  }

  /** Sets a string attribute. */
  public OnnxNode with(String name, String value) {
    node.addAttribute(
        attribute(name, AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(value)));
    return this;
  }

  /** Sets a list of integers. */
  public OnnxNode with(String name, List<Long> values) {
    node.addAttribute(attribute(name, AttributeProto.AttributeType.INTS).addAllInts(values));
    return this;
  }

  /** Sets a graph that the node runs. */
  public OnnxNode with(String name, OnnxGraph body) {
    node.addAttribute(attribute(name, AttributeProto.AttributeType.GRAPH).setG(body.toGraph()));
    return this;
  }

  /** Adds the node with one output and returns the output's name. */
  public String output() {
    return outputs(1).getFirst();
  }

  /** Adds the node with {@code count} outputs and returns their names. */
  public List<String> outputs(int count) {
    return graph.add(node, count);
  }

  /** Adds the node with outputs of these names; an empty name leaves an output out. */
  public void outputs(List<String> names) {
    graph.add(node, names);
  }

  private static AttributeProto.Builder attribute(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }
}
