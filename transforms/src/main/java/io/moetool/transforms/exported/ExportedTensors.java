package io.moetool.transforms.exported;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ComputedTensors;
import io.moetool.formats.family.StackLayout;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxMoeLayer;
import io.moetool.formats.onnx.OnnxMoeLayer.ExpertTensor;
import io.moetool.formats.onnx.OnnxMoeLayer.Operator;
import io.moetool.formats.onnx.OnnxMoeLayer.Part;
import io.moetool.formats.onnx.OnnxTensor;
import io.moetool.formats.safetensors.Quoted;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The tensors of a checkpoint, found in an ONNX model: by their names, or taken out of the stacks
 * of a fused operator. Elements keep their type and bits.
 */
final class ExportedTensors {
  private static final String MEND = "convert an export that moetool wrote, with its config.json";

  private final ExportedModel model;
  private final Architecture architecture;
  private final Map<String, List<String>> sources = new LinkedHashMap<>();
  private int copied;

  ExportedTensors(ExportedModel model, Architecture architecture) {
    this.model = model;
    this.architecture = architecture;
  }

  /**
   * All tensors that the architecture asks for, in the order of its layers.
   *
   * @throws BadInputException if one is not in the graph, in another shape, or as integers
   */
  List<OutputTensor> all() {
    ComputedTensors expected =
        new ComputedTensors(architecture, DType.F32, model.config().orElseThrow().where());
    List<OutputTensor> tensors = new ArrayList<>();
    for (String name : expected.names()) {
      tensors.add(tensor(name, expected.info(name).shape()));
    }
    return tensors;
  }

  /** Initializers that a tensor was made from. */
  List<String> sources(String name) {
    return Objects.requireNonNull(sources.get(name));
  }

  /** Tensors that are an initializer each. */
  int copied() {
    return copied;
  }

  private OutputTensor tensor(String name, Shape shape) {
    OnnxTensor stored = model.file().tensors().get(name);
    if (stored != null) {
      // A selection bias may be stored with an axis of one entry before that of the experts.
      if (stored.shape().elements() != shape.elements()) {
        throw wrong(name, "has the extents %s, not %s".formatted(stored.shape(), shape));
      }
      copied++;
      return output(
          name, List.of(stored), stored.shape(), TensorContent.of(List.of(stored.bytes())));
    }
    TensorPlace place =
        architecture
            .names()
            .place(name)
            .filter(p -> p.role().group() == TensorRole.Group.ROUTED_EXPERTS)
            .orElseThrow(() -> wrong(name, "is not in the graph"));
    OnnxMoeLayer layer = layer(name, place.layer().orElseThrow());
    if (place.bias()) {
      OnnxTensor bias = bias(name, layer, part(place.role()));
      return output(name, List.of(bias), shape, TensorContent.of(List.of(bias.bytes())));
    }
    OnnxTensor stack = stack(name, layer, part(place.role()));
    int width = elementBytes(name, stack);
    TensorContent content =
        switch (place.role()) {
          case EXPERT_GATE -> rows(stack, place, 0);
          case EXPERT_UP -> rows(stack, place, 1);
          case EXPERT_DOWN -> TensorContent.of(List.of(stack.slice(place.expert().orElseThrow())));
          case EXPERTS_GATE_UP -> sink -> stacked(stack, width, true, sink);
          case EXPERTS_DOWN -> sink -> stacked(stack, width, false, sink);
          default -> throw wrong(name, "is no matrix of experts");
        };
    return output(name, List.of(stack), shape, content);
  }

  private static Part part(TensorRole role) {
    return role == TensorRole.EXPERT_DOWN || role == TensorRole.EXPERTS_DOWN
        ? Part.DOWN
        : Part.FIRST;
  }

  private OutputTensor output(
      String name, List<OnnxTensor> from, Shape shape, TensorContent content) {
    OnnxTensor first = from.getFirst();
    DType dtype =
        first.dtype().orElseThrow(() -> wrong(name, "has elements of type " + first.type()));
    sources.put(name, from.stream().map(OnnxTensor::name).toList());
    return new OutputTensor(new TensorInfo(name, dtype, shape), content);
  }

  /** Every second row of an expert's first projections: gates and ups alternate there. */
  private static TensorContent rows(OnnxTensor stack, TensorPlace place, int first) {
    MemorySegment expert = stack.slice(place.expert().orElseThrow());
    long rows = stack.shape().dim(1);
    long rowBytes = expert.byteSize() / rows;
    return sink -> {
      for (long row = first; row < rows; row += 2) {
        sink.write(expert.asSlice(row * rowBytes, rowBytes));
      }
    };
  }

  /** All experts' matrices as the family stacks them, from {@code [E, out, in]}. */
  private void stacked(OnnxTensor stack, int width, boolean joint, TensorContent.Sink sink)
      throws IOException {
    StackLayout layout = architecture.moe().expert().stack();
    long experts = stack.shape().dim(0);
    int rows = Math.toIntExact(stack.shape().dim(1));
    int columns = Math.toIntExact(stack.shape().dim(2));
    for (long expert = 0; expert < experts; expert++) {
      MemorySegment matrix = stack.slice(expert);
      MemorySegment ordered = MemorySegment.ofArray(new byte[Math.toIntExact(matrix.byteSize())]);
      for (int row = 0; row < rows; row++) {
        int place = joint && !layout.interleaved() ? row % 2 * (rows / 2) + row / 2 : row;
        for (int column = 0; column < columns; column++) {
          long from = ((long) row * columns + column) * width;
          long to =
              (layout.transposed() ? (long) column * rows + place : (long) place * columns + column)
                  * width;
          MemorySegment.copy(matrix, from, ordered, to, width);
        }
      }
      sink.write(ordered);
    }
  }

  private OnnxMoeLayer layer(String name, int index) {
    OnnxMoeLayer layer =
        model.layers().stream()
            .filter(l -> l.layer() == index)
            .findFirst()
            .orElseThrow(() -> wrong(name, "is not in the graph"));
    if (layer.operator() != Operator.MOE || !layer.activation().equals("swiglu")) {
      throw wrong(
          name,
          "is not in the graph as floats: experts are computed by %s, activation %s"
              .formatted(layer.operator().words(), layer.activation()));
    }
    return layer;
  }

  private OnnxTensor stack(String name, OnnxMoeLayer layer, Part part) {
    return layer.tensors().stream()
        .filter(tensor -> tensor.part() == part)
        .findFirst()
        .map(this::stored)
        .orElseThrow(() -> wrong(name, "is not in the graph"));
  }

  /** A bias comes right after its projection among the operator's inputs. */
  private OnnxTensor bias(String name, OnnxMoeLayer layer, Part part) {
    List<ExpertTensor> tensors = layer.tensors();
    for (int i = 0; i + 1 < tensors.size(); i++) {
      if (tensors.get(i).part() == part && tensors.get(i + 1).part() == Part.COMPANION) {
        return stored(tensors.get(i + 1));
      }
    }
    throw wrong(name, "is not in the graph");
  }

  private OnnxTensor stored(ExpertTensor tensor) {
    return Objects.requireNonNull(model.file().tensors().get(tensor.name()));
  }

  private int elementBytes(String name, OnnxTensor tensor) {
    Optional<Integer> bytes = tensor.dtype().map(type -> type.bits() / Byte.SIZE);
    return bytes
        .filter(size -> size > 0)
        .orElseThrow(() -> wrong(name, "has elements of type " + tensor.type()));
  }

  private BadInputException wrong(String name, String problem) {
    return new BadInputException(
        "%s: tensor %s".formatted(model.file().path(), Quoted.of(name)), problem, MEND);
  }
}
