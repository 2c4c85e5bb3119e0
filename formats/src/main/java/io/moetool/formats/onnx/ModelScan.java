package io.moetool.formats.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.moetool.formats.BadInputException;
import io.moetool.formats.onnx.proto.GraphProto;
import io.moetool.formats.onnx.proto.ModelProto;
import io.moetool.formats.onnx.proto.TensorProto;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes a model's protobuf apart: everything but the raw data of the graph's initializers is
 * parsed, raw data stay where they are.
 */
final class ModelScan {
  /** More than any graph takes without its weights; keeps a hostile file from filling the heap. */
  private static final long MOST_PARSED = 256L << 20;

  /** Elements that tensors list as numbers take several times their size once they are parsed. */
  private static final long MOST_LISTED = 32L << 20;

  private static final int MODEL_GRAPH = ModelProto.GRAPH_FIELD_NUMBER;
  private static final int GRAPH_INITIALIZER = GraphProto.INITIALIZER_FIELD_NUMBER;
  private static final int TENSOR_RAW_DATA = TensorProto.RAW_DATA_FIELD_NUMBER;

  private final String where;
  private final List<Optional<MemorySegment>> rawData = new ArrayList<>();
  private long parsed;
  private long listed;

  private ModelScan(String where) {
    this.where = where;
  }

  /**
   * A model taken apart.
   *
   * @param structure the model, its graph's initializers without raw data
   * @param rawData raw data of each of these initializers, where they have some
   */
  record Parts(ModelProto structure, List<Optional<MemorySegment>> rawData) {}

  /**
   * Takes a model apart.
   *
   * @param where file, for messages
   * @throws BadInputException if it is no ONNX model
   */
  static Parts of(String where, MemorySegment file) {
    ModelScan scan = new ModelScan(where);
    return new Parts(scan.model(file), scan.rawData);
  }

  private ModelProto model(MemorySegment file) {
    ModelProto.Builder model = ModelProto.newBuilder();
    Optional<GraphProto> graph = Optional.empty();
    List<MemorySegment> rest = new ArrayList<>();
    ProtoFields fields = new ProtoFields(where, file);
    while (fields.next()) {
      if (!fields.isBytes(MODEL_GRAPH)) {
        rest.add(fields.whole());
      } else if (graph.isPresent()) {
        throw ProtoFields.notOnnx(where, "has two graphs");
      } else {
        graph = Optional.of(graph(fields.content()));
      }
    }
    merge(model, rest);
    return model
        .setGraph(graph.orElseThrow(() -> ProtoFields.notOnnx(where, "has no graph")))
        .build();
  }

  private GraphProto graph(MemorySegment message) {
    GraphProto.Builder graph = GraphProto.newBuilder();
    List<MemorySegment> rest = new ArrayList<>();
    List<TensorProto> initializers = new ArrayList<>();
    ProtoFields fields = new ProtoFields(where, message);
    while (fields.next()) {
      if (fields.isBytes(GRAPH_INITIALIZER)) {
        initializers.add(tensor(fields.content()));
      } else {
        rest.add(fields.whole());
      }
    }
    merge(graph, rest);
    return graph.addAllInitializer(initializers).build();
  }

  private TensorProto tensor(MemorySegment message) {
    TensorProto.Builder tensor = TensorProto.newBuilder();
    List<MemorySegment> rest = new ArrayList<>();
    Optional<MemorySegment> raw = Optional.empty();
    ProtoFields fields = new ProtoFields(where, message);
    while (fields.next()) {
      if (fields.isBytes(TENSOR_RAW_DATA)) {
        raw = Optional.of(fields.content());
      } else {
        rest.add(fields.whole());
      }
    }
    listed += size(rest);
    if (listed > MOST_LISTED) {
      throw tooMuch("lists more than %d bytes of weights as numbers".formatted(MOST_LISTED));
    }
    merge(tensor, rest);
    rawData.add(raw);
    return tensor.build();
  }

  private void merge(Message.Builder builder, List<MemorySegment> fields) {
    long size = size(fields);
    parsed += size;
    if (parsed > MOST_PARSED) {
      throw tooMuch(
          "holds more than %d bytes beside the raw data of its weights".formatted(MOST_PARSED));
    }
    byte[] joined = new byte[Math.toIntExact(size)];
    int end = 0;
    for (MemorySegment field : fields) {
      int length = (int) field.byteSize();
      MemorySegment.copy(field, ValueLayout.JAVA_BYTE, 0, joined, end, length);
      end += length;
    }
    try {
      builder.mergeFrom(joined);
    } catch (InvalidProtocolBufferException e) {
      throw new BadInputException(
          where, "is no ONNX model: " + e.getMessage(), "download or export the model again", e);
    }
  }

  private static long size(List<MemorySegment> fields) {
    return fields.stream().mapToLong(MemorySegment::byteSize).sum();
  }

  private BadInputException tooMuch(String problem) {
    return new BadInputException(
        where, problem, "save it with its weights as raw or external data");
  }
}
