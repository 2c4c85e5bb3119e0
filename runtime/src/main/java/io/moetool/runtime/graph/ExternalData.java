package io.moetool.runtime.graph;

import io.moetool.formats.Shape;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The file beside an exported model: which tensor lies where. Tensors are laid out in the order the
 * graph asks for them, each at a page boundary so that it can be mapped.
 */
public final class ExternalData {
  /** Tensors start at multiples of this. */
  public static final long ALIGNMENT = 4096;

  private final String file;
  private final List<Placed> tensors = new ArrayList<>();
  private final Map<String, String> known = new HashMap<>();
  private long end;

  /**
   * An empty layout.
   *
   * @param file name of the file, beside the model
   */
  ExternalData(String file) {
    this.file = file;
  }

  /**
   * A tensor of the file.
   *
   * @param name value name in the graph
   * @param content what its elements are
   * @param type element type
   * @param shape extents
   * @param offset first byte
   */
  public record Placed(
      String name, StoredContent content, OnnxType type, Shape shape, long offset) {
    /** Bytes it takes. */
    public long byteSize() {
      return type.byteSize(shape.elements());
    }
  }

  /** Tensors by offset. */
  public List<Placed> tensors() {
    return List.copyOf(tensors);
  }

  /** Bytes of the file. */
  public long byteSize() {
    return end;
  }

  /** The graph value that holds a float32 tensor; asking twice gives the same one. */
  String value(OnnxGraph graph, String name, Shape shape, StoredContent content) {
    return value(graph, name, OnnxType.FLOAT, shape, content);
  }

  /** The graph value that holds a tensor; asking twice gives the same one. */
  String value(OnnxGraph graph, String name, OnnxType type, Shape shape, StoredContent content) {
    return known.computeIfAbsent(name, n -> place(graph, n, type, shape, content));
  }

  /** The float32 value of a tensor that is stored in any float type. */
  String widened(OnnxGraph graph, String name, OnnxType type, Shape shape, StoredContent content) {
    if (type == OnnxType.FLOAT) {
      return value(graph, name, shape, content);
    }
    return known.computeIfAbsent(
        name,
        n -> {
          String stored = place(graph, n, type, shape, content);
          return graph.node("Cast", stored).with("to", OnnxType.FLOAT.number()).output();
        });
  }

  private String place(
      OnnxGraph graph, String name, OnnxType type, Shape shape, StoredContent content) {
    long offset = Math.ceilDiv(end, ALIGNMENT) * ALIGNMENT;
    end = offset + type.byteSize(shape.elements());
    tensors.add(new Placed(name, content, type, shape, offset));
    return graph.external(name, type, shape, file, offset);
  }
}
