package io.moetool.runtime.graph;

import io.moetool.formats.DType;
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
  private final OnnxType type;
  private final List<Placed> tensors = new ArrayList<>();
  private final Map<String, String> known = new HashMap<>();
  private long end;

  /**
   * An empty layout.
   *
   * @param file name of the file, beside the model
   * @param type element type of every tensor
   */
  ExternalData(String file, OnnxType type) {
    this.file = file;
    this.type = type;
  }

  /**
   * A tensor of the file.
   *
   * @param name value name in the graph
   * @param content what its elements are
   * @param shape extents
   * @param offset first byte
   */
  public record Placed(String name, StoredContent content, Shape shape, long offset) {}

  /** Tensors by offset. */
  public List<Placed> tensors() {
    return List.copyOf(tensors);
  }

  /** Element type of every tensor. */
  public DType dtype() {
    return type.dtype();
  }

  /** Bytes of the file. */
  public long byteSize() {
    return end;
  }

  /** The graph value that holds a tensor; asking twice gives the same one. */
  String value(OnnxGraph graph, String name, Shape shape, StoredContent content) {
    return known.computeIfAbsent(
        name,
        n -> {
          long offset = Math.ceilDiv(end, ALIGNMENT) * ALIGNMENT;
          end = offset + type.dtype().byteSize(shape.elements());
          tensors.add(new Placed(n, content, shape, offset));
          return graph.external(n, type, shape, file, offset);
        });
  }
}
