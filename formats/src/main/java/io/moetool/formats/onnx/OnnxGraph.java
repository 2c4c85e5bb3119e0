package io.moetool.formats.onnx;

import com.google.protobuf.ByteString;
import io.moetool.formats.Shape;
import io.moetool.formats.onnx.proto.GraphProto;
import io.moetool.formats.onnx.proto.ModelProto;
import io.moetool.formats.onnx.proto.NodeProto;
import io.moetool.formats.onnx.proto.OperatorSetIdProto;
import io.moetool.formats.onnx.proto.StringStringEntryProto;
import io.moetool.formats.onnx.proto.TensorProto;
import io.moetool.formats.onnx.proto.TensorShapeProto;
import io.moetool.formats.onnx.proto.TypeProto;
import io.moetool.formats.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A graph under construction. Nodes are added in the order they are computed, so the result is
 * already sorted; value names are made from the current scope ({@code /layers.3/attention}) and the
 * operator.
 */
public final class OnnxGraph {
  /** Operators of the ONNX standard. */
  public static final String STANDARD = "";

  /** Operators that ONNX Runtime adds. */
  public static final String CONTRIB = "com.microsoft";

  private static final int OPSET = 23;
  private static final int IR_VERSION = 11;

  private final GraphProto.Builder graph;
  private final Map<String, Integer> used = new LinkedHashMap<>();
  private final Map<String, String> constants = new LinkedHashMap<>();
  private final List<String> scope = new ArrayList<>();
  private final Optional<OnnxGraph> around;
  private boolean contrib;

  /** An empty graph. */
  public OnnxGraph(String name) {
    this(name, Optional.empty());
  }

  private OnnxGraph(String name, Optional<OnnxGraph> around) {
    graph = GraphProto.newBuilder().setName(name);
    this.around = around;
  }

  /**
   * An empty graph for a node of this one to run, such as the body of a loop. It can use this
   * graph's values and shares its constants.
   */
  public OnnxGraph body(String name) {
    OnnxGraph body = new OnnxGraph(name, Optional.of(this));
    body.scope.addAll(scope);
    body.scope.add(unique(name));
    return body;
  }

  /** Runs {@code body} with {@code name} added to the scope that names are made from. */
  public void scoped(String name, Runnable body) {
    scope.add(name);
    try {
      body.run();
    } finally {
      scope.removeLast();
    }
  }

  /**
   * Declares an input.
   *
   * @param name of the input; in a body the scope is put before it
   * @param dims extents: numbers, or names of extents that vary
   */
  public String input(String name, OnnxType type, Object... dims) {
    String scoped = interfaceName(name);
    graph.addInput(value(scoped, type, dims));
    return scoped;
  }

  /**
   * Declares an output: {@code value} under the name {@code name}, before which the scope is put in
   * a body.
   */
  public void output(String value, String name, OnnxType type, Object... dims) {
    String scoped = interfaceName(name);
    if (!value.equals(scoped)) {
      graph.addNode(
          NodeProto.newBuilder()
              .setName("/output/" + scoped)
              .setOpType("Identity")
              .addInput(value)
              .addOutput(scoped));
    }
    graph.addOutput(value(scoped, type, dims));
  }

  private String interfaceName(String name) {
    return around.isPresent() ? "/" + String.join("/", scope) + "/" + name : name;
  }

  /** A one-dimensional constant. */
  public String constant(long... values) {
    return constant(
        "int64" + Arrays.toString(values),
        OnnxType.INT64,
        Shape.of(values.length),
        bytes(8 * values.length, buffer -> Arrays.stream(values).forEach(buffer::putLong)));
  }

  /** A scalar. */
  public String scalar(long value) {
    return constant(
        "int64 " + value, OnnxType.INT64, Shape.of(), bytes(8, buffer -> buffer.putLong(value)));
  }

  /** A scalar. */
  public String scalar(float value) {
    return constant(
        "float " + value, OnnxType.FLOAT, Shape.of(), bytes(4, buffer -> buffer.putFloat(value)));
  }

  /**
   * Declares a tensor whose bytes lie in a file beside the model.
   *
   * @param name value name
   * @param type element type
   * @param shape extents
   * @param file file name, relative to the model's folder
   * @param offset first byte
   */
  public String external(String name, OnnxType type, Shape shape, String file, long offset) {
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.number())
            .addAllDims(shape.dims())
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", file))
            .addExternalData(entry("offset", Long.toString(offset)))
            .addExternalData(entry("length", Long.toString(type.byteSize(shape.elements())))));
    return name;
  }

  /** A node of the standard operator set. */
  public OnnxNode node(String operator, String... inputs) {
    return new OnnxNode(this, STANDARD, operator, List.of(inputs));
  }

  /** A node of the operators that ONNX Runtime adds. */
  public OnnxNode contrib(String operator, String... inputs) {
    root().contrib = true;
    return new OnnxNode(this, CONTRIB, operator, List.of(inputs));
  }

  /**
   * The model as protobuf.
   *
   * @param metadata properties stored with the model
   */
  public byte[] toModel(String producer, String version, Map<String, String> metadata) {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName(producer)
            .setProducerVersion(version)
            .setGraph(graph)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(STANDARD).setVersion(OPSET));
    if (contrib) {
      model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(CONTRIB).setVersion(1));
    }
    metadata.forEach((key, value) -> model.addMetadataProps(entry(key, value)));
    return model.build().toByteArray();
  }

  GraphProto toGraph() {
    return graph.build();
  }

  private OnnxGraph root() {
    return around.map(OnnxGraph::root).orElse(this);
  }

  /** The name, with a number if it was used in this scope before. */
  private String unique(String name) {
    int number = used.merge(String.join("/", scope) + "/" + name, 1, Integer::sum);
    return number == 1 ? name : name + "_" + (number - 1);
  }

  List<String> add(NodeProto.Builder node, int count) {
    String name = "/" + String.join("/", scope) + "/" + unique(node.getOpType());
    List<String> outputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      outputs.add(name + "/output_" + i);
    }
    graph.addNode(node.setName(name).addAllOutput(outputs));
    return outputs;
  }

  void add(NodeProto.Builder node, List<String> outputs) {
    graph.addNode(
        node.setName("/" + String.join("/", scope) + "/" + unique(node.getOpType()))
            .addAllOutput(outputs));
  }

  private String constant(String key, OnnxType type, Shape shape, ByteString bytes) {
    if (around.isPresent()) {
      return around.get().constant(key, type, shape, bytes);
    }
    return constants.computeIfAbsent(
        key,
        k -> {
          String name = "constant_" + constants.size();
          graph.addInitializer(
              TensorProto.newBuilder()
                  .setName(name)
                  .setDataType(type.number())
                  .addAllDims(shape.dims())
                  .setRawData(bytes));
          return name;
        });
  }

  private static ByteString bytes(int size, java.util.function.Consumer<ByteBuffer> fill) {
    ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    fill.accept(buffer);
    return ByteString.copyFrom(buffer.flip());
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static ValueInfoProto value(String name, OnnxType type, Object... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object dim : dims) {
      TensorShapeProto.Dimension.Builder dimension = shape.addDimBuilder();
      if (dim instanceof Number number) {
        dimension.setDimValue(number.longValue());
      } else {
        dimension.setDimParam(dim.toString());
      }
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.number()).setShape(shape)))
        .build();
  }
}
