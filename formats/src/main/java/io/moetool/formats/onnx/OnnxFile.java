package io.moetool.formats.onnx;

import io.moetool.formats.BadInputException;
import io.moetool.formats.MappedFile;
import io.moetool.formats.Shape;
import io.moetool.formats.onnx.proto.ModelProto;
import io.moetool.formats.onnx.proto.StringStringEntryProto;
import io.moetool.formats.onnx.proto.TensorProto;
import io.moetool.formats.onnx.proto.TensorProto.DataType;
import io.moetool.formats.onnx.proto.TensorShapeProto;
import io.moetool.formats.onnx.proto.ValueInfoProto;
import io.moetool.formats.publish.SampledBytes;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.safetensors.Quoted;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * An ONNX model, mapped into memory with the files its tensors lie in. Opening parses the graph and
 * checks where every tensor lies; elements are read from the disk when they are looked at. May be
 * used by several threads.
 */
public final class OnnxFile implements AutoCloseable {
  /** Name of the model in a folder. */
  public static final String MODEL_FILE = "model.onnx";

  /** Protobuf messages are shorter than this; a model's larger tensors lie in other files. */
  private static final long MOST_BYTES = Integer.MAX_VALUE;

  private static final String MEND = "download or export the model again";
  private static final String FINGERPRINT_HEADING = "moetool-onnx-fingerprint-1";

  private final Path path;
  private final MappedFile file;
  private final ExternalFiles external;
  private final ModelProto structure;
  private final SequencedMap<String, OnnxTensor> tensors;
  private final List<TensorProto> nested;

  private OnnxFile(MappedFile file, ExternalFiles external, ModelScan.Parts parts) {
    this.path = file.path();
    this.file = file;
    this.external = external;
    this.structure = parts.structure();
    this.tensors = tensors(parts);
    this.nested = NestedTensors.elsewhere(structure);
    nested.forEach(tensor -> tensor(tensor, Optional.empty()));
  }

  /**
   * Opens a model.
   *
   * @param model {@code .onnx} file, or a folder with {@code model.onnx}
   * @throws BadInputException if there is no such file, it is no ONNX model, or a tensor does not
   *     lie where the model says, or outside its folder
   * @throws EnvironmentException if a file cannot be read or mapped
   */
  public static OnnxFile open(Path model) {
    Path path = Files.isDirectory(model) ? model.resolve(MODEL_FILE) : model;
    if (!Files.isRegularFile(path)) {
      throw new BadInputException(
          path.toString(), "no such file", "name an .onnx file, or a folder with " + MODEL_FILE);
    }
    MappedFile file = MappedFile.open(path);
    ExternalFiles external = new ExternalFiles(path, folder(path));
    try {
      if (file.bytes().byteSize() > MOST_BYTES) {
        throw new BadInputException(
            path.toString(),
            "has %d bytes; an ONNX model has at most %d"
                .formatted(file.bytes().byteSize(), MOST_BYTES),
            "export the model with its weights as external data");
      }
      return new OnnxFile(
          file, external, LiftedConstants.of(ModelScan.of(path.toString(), file.bytes())));
    } catch (RuntimeException e) {
      external.close();
      file.close();
      throw e;
    }
  }

  /** The model's file. */
  public Path path() {
    return path;
  }

  /** The folder it is in. */
  public Path folder() {
    return folder(path);
  }

  /** All files that hold a part of the model. */
  public List<Path> files() {
    List<Path> files = new ArrayList<>(List.of(path));
    files.addAll(external.paths());
    return files;
  }

  /** The graph's initializers by name, in the order the model lists them. */
  public SequencedMap<String, OnnxTensor> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  /** Bytes of all initializers. */
  public long tensorBytes() {
    return tensors.values().stream().mapToLong(tensor -> tensor.bytes().byteSize()).sum();
  }

  /** Properties stored with the model. */
  public Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    for (StringStringEntryProto entry : structure.getMetadataPropsList()) {
      metadata.put(entry.getKey(), entry.getValue());
    }
    return metadata;
  }

  /** Extents of the graph's inputs by name; -1 where one varies or is not given. */
  public Map<String, List<Long>> inputs() {
    return extents(structure.getGraph().getInputList());
  }

  /** Extents of the graph's outputs by name; -1 where one varies or is not given. */
  public Map<String, List<Long>> outputs() {
    return extents(structure.getGraph().getOutputList());
  }

  /**
   * Names the model in plans and manifests: the SHA-256 of its graph, and of every tensor the
   * sample that {@link SampledBytes} takes. Where the tensors lie does not matter.
   *
   * @return {@code sha256:} and 64 lower-case hex digits
   */
  public String fingerprint() {
    Sha256 hash = new Sha256();
    ModelProto.Builder graph = structure.toBuilder();
    graph.getGraphBuilder().clearInitializer();
    hash.update(MemorySegment.ofArray(text(FINGERPRINT_HEADING)));
    hash.update(MemorySegment.ofArray(graph.build().toByteArray()));
    Iterator<MemorySegment> bytes = tensors.values().stream().map(OnnxTensor::bytes).iterator();
    try (SampledBytes samples = new SampledBytes(hash, bytes)) {
      for (OnnxTensor tensor : tensors.values()) {
        String head = "\n%s\0%s\0%s\0".formatted(tensor.name(), tensor.type(), tensor.shape());
        hash.update(MemorySegment.ofArray(text(head)));
        samples.addNext();
      }
    }
    return "sha256:" + hash.hex();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The layers with experts, as far as they are recognised, in the order of the graph. */
  public List<OnnxMoeLayer> moeLayers() {
    return MoeRecognition.of(this);
  }

  /** That no layer with experts is recognised, and what there is instead; for messages. */
  public String noExperts() {
    return "no layer with experts is recognised in the graph"
        + UnknownExperts.of(new GraphIndex(this)).map(why -> ": " + why).orElse("");
  }

  /** Everything but the elements of initializers. */
  ModelProto structure() {
    return structure;
  }

  /** Tensors in attributes, bodies and functions whose elements lie in other files. */
  List<TensorProto> nestedElsewhere() {
    return nested;
  }

  @Override
  public void close() {
    external.close();
    file.close();
  }

  private SequencedMap<String, OnnxTensor> tensors(ModelScan.Parts parts) {
    SequencedMap<String, OnnxTensor> byName = new LinkedHashMap<>();
    for (int i = 0; i < parts.rawData().size(); i++) {
      TensorProto proto = structure.getGraph().getInitializer(i);
      OnnxTensor tensor = tensor(proto, parts.rawData().get(i));
      if (proto.getName().isEmpty()) {
        throw new BadInputException(
            path.toString(), "initializer %d has no name".formatted(i), MEND);
      }
      if (byName.putIfAbsent(tensor.name(), tensor) != null) {
        throw wrong(proto, "there are two of this name");
      }
    }
    return byName;
  }

  private OnnxTensor tensor(TensorProto proto, Optional<MemorySegment> raw) {
    if (proto.getDimsList().stream().anyMatch(dim -> dim < 0)) {
      throw wrong(proto, "it has a negative extent: " + proto.getDimsList());
    }
    Shape shape = new Shape(proto.getDimsList());
    DataType type = DataType.forNumber(proto.getDataType());
    if (type == DataType.STRING) {
      return new OnnxTensor(
          proto.getName(),
          type.name(),
          Optional.empty(),
          shape,
          MemorySegment.ofArray(new byte[0]),
          path.toString());
    }
    if (type == null || StoredElements.bits(type).isEmpty()) {
      throw wrong(
          proto,
          "elements are of type %s, which is not known"
              .formatted(type == null ? proto.getDataType() : type));
    }
    long byteSize = byteSize(proto, shape, StoredElements.bits(type).get());
    boolean elsewhere = proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    MemorySegment bytes =
        elsewhere
            ? external.bytes(proto, byteSize)
            : raw.orElseGet(() -> StoredElements.listed(proto));
    if (bytes.byteSize() != byteSize) {
      throw wrong(
          proto, "%s%s are %d bytes, it has %d".formatted(type, shape, byteSize, bytes.byteSize()));
    }
    return new OnnxTensor(
        proto.getName(),
        type.name(),
        StoredElements.dtype(type),
        shape,
        bytes,
        (elsewhere ? external.path(proto) : path).toString());
  }

  private long byteSize(TensorProto proto, Shape shape, int bits) {
    try {
      return Math.ceilDiv(Math.multiplyExact(shape.elements(), (long) bits), (long) Byte.SIZE);
    } catch (ArithmeticException e) {
      throw new BadInputException(
          at(proto), "its extents %s are beyond any file".formatted(shape), MEND, e);
    }
  }

  private BadInputException wrong(TensorProto proto, String problem) {
    return new BadInputException(at(proto), problem, MEND);
  }

  private String at(TensorProto proto) {
    return "%s: tensor %s".formatted(path, Quoted.of(proto.getName()));
  }

  private static Map<String, List<Long>> extents(List<ValueInfoProto> values) {
    Map<String, List<Long>> extents = new LinkedHashMap<>();
    for (ValueInfoProto value : values) {
      extents.put(
          value.getName(),
          value.getType().getTensorType().getShape().getDimList().stream()
              .map(OnnxFile::extent)
              .toList());
    }
    return extents;
  }

  private static long extent(TensorShapeProto.Dimension dimension) {
    return dimension.hasDimValue() ? dimension.getDimValue() : -1;
  }

  private static Path folder(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().getParent());
  }
}
