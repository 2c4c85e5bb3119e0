package io.moetool.formats.onnx;

import com.google.protobuf.ByteString;
import io.moetool.formats.BadInputException;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.onnx.OnnxMoeLayer.Change;
import io.moetool.formats.onnx.OnnxMoeLayer.Cut;
import io.moetool.formats.onnx.proto.GraphProto;
import io.moetool.formats.onnx.proto.ModelProto;
import io.moetool.formats.onnx.proto.NodeProto;
import io.moetool.formats.onnx.proto.StringStringEntryProto;
import io.moetool.formats.onnx.proto.TensorProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A model without some of its experts: tensors are cut along the axis that counts experts, and
 * subgraphs of single experts are taken out; all else stays as it is. Elements are copied as they
 * are stored; nothing is decoded.
 */
public final class OnnxCut {
  /** Tensors in the data file start at multiples of this, so that they can be mapped. */
  private static final long ALIGNMENT = 4096;

  /** Tensors of more bytes do not stay in the protobuf, which has a limit of its own. */
  private static final long MOST_INLINE = 65_536;

  private final OnnxFile file;
  private final GraphIndex index;
  private final GraphProto.Builder graph;
  private final List<Result> results = new ArrayList<>();
  private final List<OnnxDataWriter.Placed> placed = new ArrayList<>();
  private long end;
  private int dropped;
  private int added;

  /** Parts of fewer bytes are joined before they are written. */
  private static final long SMALL = 4096;

  /** What becomes of a tensor: which of how many experts stay along which axis. */
  private record Keep(List<Integer> experts, int of, int axis, Change change) {}

  /**
   * A tensor of the result.
   *
   * @param name initializer
   * @param source initializer of the source
   * @param whole whether its elements are the source's
   */
  public record Result(String name, String source, boolean whole) {}

  private OnnxCut(OnnxFile file, List<OnnxMoeLayer> layers, Map<Integer, List<Integer>> kept) {
    this.file = file;
    this.index = new GraphIndex(file);
    this.graph = file.structure().getGraph().toBuilder().clearInitializer();
    // Extents that runtimes infer by themselves; those of routers would be wrong now.
    graph.clearValueInfo();
    Map<String, Map<Keep, List<Cut>>> cuts = cuts(layers, kept);
    Set<String> names = new HashSet<>(file.tensors().keySet());
    BranchCut branches = new BranchCut(index, layers, kept);
    for (TensorProto proto : file.structure().getGraph().getInitializerList()) {
      if (branches.isUnused(proto.getName())) {
        dropped++;
        continue;
      }
      add(proto, cuts.getOrDefault(proto.getName(), Map.of()), names);
    }
    for (TensorProto constant : branches.apply(graph, names)) {
      graph.addInitializer(constant);
      added++;
    }
  }

  /**
   * Lays a cut model out.
   *
   * @param layers all layers with experts
   * @param kept experts that stay, ascending, by layer
   * @throws BadInputException if experts cannot be taken away from the graph
   */
  public static OnnxCut of(
      OnnxFile file, List<OnnxMoeLayer> layers, Map<Integer, List<Integer>> kept) {
    require(file, layers);
    return new OnnxCut(file, layers, kept);
  }

  /**
   * Passes if experts can be taken away from the graph.
   *
   * @throws BadInputException otherwise
   */
  public static void require(OnnxFile file, List<OnnxMoeLayer> layers) {
    String where = file.path().toString();
    if (layers.isEmpty()) {
      throw new BadInputException(
          where, file.noExperts(), "prune the checkpoint it was made from, and export the result");
    }
    for (OnnxMoeLayer layer : layers) {
      if (layer.obstacle().isPresent()) {
        throw new BadInputException(
            "%s, layer %d".formatted(where, layer.layer()),
            "its experts cannot be taken away: " + layer.obstacle().get(),
            "prune the checkpoint it was made from, and export the result");
      }
    }
    if (!file.nestedElsewhere().isEmpty()) {
      throw new BadInputException(
          where,
          "a graph inside a node has tensors in other files, such as '%s'"
              .formatted(file.nestedElsewhere().getFirst().getName()),
          "export the model with such tensors in the graph");
    }
  }

  /** Tensors of the result in the order of the graph. */
  public List<Result> results() {
    return List.copyOf(results);
  }

  /** Tensors of the source that no node uses any more. */
  public int dropped() {
    return dropped;
  }

  /** Constants of the result that the source does not have. */
  public int added() {
    return added;
  }

  /** Tensors that belong into the data file, by offset. */
  public List<OnnxDataWriter.Placed> placed() {
    return List.copyOf(placed);
  }

  /** Bytes of the data file. */
  public long dataBytes() {
    return end;
  }

  /** Bytes of all tensors. */
  public long tensorBytes() {
    return graph.getInitializerList().stream()
            .filter(tensor -> tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL)
            .mapToLong(OnnxCut::inlineBytes)
            .sum()
        + placed.stream().mapToLong(OnnxDataWriter.Placed::byteSize).sum();
  }

  private static long inlineBytes(TensorProto tensor) {
    return tensor.hasRawData()
        ? tensor.getRawData().size()
        : StoredElements.listed(tensor).byteSize();
  }

  /**
   * The model without what lies in the data file.
   *
   * @param dataFile name of the data file, beside the model
   * @param metadata which of the properties stored with the model stay, by key
   */
  public byte[] model(String dataFile, Predicate<String> metadata) {
    ModelProto.Builder model = file.structure().toBuilder().setGraph(graph).clearMetadataProps();
    for (StringStringEntryProto entry : file.structure().getMetadataPropsList()) {
      if (metadata.test(entry.getKey())) {
        model.addMetadataProps(entry);
      }
    }
    for (TensorProto.Builder tensor : model.getGraphBuilder().getInitializerBuilderList()) {
      if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
        tensor.addExternalData(0, entry("location", dataFile));
      }
    }
    return model.build().toByteArray();
  }

  private static Map<String, Map<Keep, List<Cut>>> cuts(
      List<OnnxMoeLayer> layers, Map<Integer, List<Integer>> kept) {
    Map<String, Map<Keep, List<Cut>>> cuts = new HashMap<>();
    for (OnnxMoeLayer layer : layers) {
      List<Integer> experts = kept.getOrDefault(layer.layer(), List.of());
      if (experts.size() < layer.expertsPerToken() || experts.size() % layer.groups() != 0) {
        throw new IllegalArgumentException(
            "layer %d cannot keep %s".formatted(layer.layer(), experts));
      }
      for (Cut cut : layer.cuts()) {
        // Of extents and lists of numbers only how many stay matters, so layers can share them.
        List<Integer> stay =
            cut.change() == Change.SLICES
                ? experts
                : IntStream.range(0, experts.size()).boxed().toList();
        Keep keep = new Keep(stay, layer.experts(), cut.axis(), cut.change());
        cuts.computeIfAbsent(cut.tensor(), name -> new LinkedHashMap<>())
            .computeIfAbsent(keep, k -> new ArrayList<>())
            .add(cut);
      }
    }
    return cuts;
  }

  /** Tensors that others use as they are, or that layers cut in different ways, become several. */
  private void add(TensorProto proto, Map<Keep, List<Cut>> cuts, Set<String> names) {
    String name = proto.getName();
    OnnxTensor tensor = index.tensor(name).orElseThrow();
    Set<GraphIndex.Use> left = new HashSet<>(index.uses(name));
    cuts.values()
        .forEach(
            same -> same.forEach(cut -> left.remove(new GraphIndex.Use(cut.node(), cut.input()))));
    boolean stays = cuts.isEmpty() || !left.isEmpty() || index.isOutput(name);
    if (stays) {
      add(proto, tensor.shape(), tensor.bytes().byteSize(), Optional.empty());
      results.add(new Result(name, name, true));
    }
    boolean taken = stays;
    for (Map.Entry<Keep, List<Cut>> cut : cuts.entrySet()) {
      String newName = name;
      if (taken) {
        newName = unused(name, names);
        for (Cut use : cut.getValue()) {
          NodeProto.Builder node = graph.getNodeBuilder(use.node());
          node.setInput(use.input(), newName);
        }
      }
      taken = true;
      addCut(proto.toBuilder().setName(newName).build(), tensor, cut.getKey());
      results.add(new Result(newName, name, cut.getKey().experts().size() == cut.getKey().of()));
    }
  }

  private static String unused(String name, Set<String> names) {
    for (int number = 1; ; number++) {
      String candidate = name + "_" + number;
      if (names.add(candidate)) {
        return candidate;
      }
    }
  }

  private void addCut(TensorProto proto, OnnxTensor tensor, Keep keep) {
    switch (keep.change()) {
      case SLICES -> {
        if (tensor.bytes().byteSize() % (stretches(tensor, keep) * keep.of()) != 0) {
          throw new BadInputException(
              "%s: tensor '%s'".formatted(file.path(), tensor.name()),
              "%s%s has experts that do not end on a byte".formatted(tensor.type(), tensor.shape()),
              "prune the checkpoint it was made from, and export the result");
        }
        Shape shape = tensor.shape().withDim(keep.axis(), keep.experts().size());
        long size = tensor.bytes().byteSize() / keep.of() * keep.experts().size();
        add(proto, shape, size, Optional.of(sink -> slices(tensor, keep, sink)));
      }
      case EXTENT ->
          add(
              proto,
              tensor.shape(),
              tensor.bytes().byteSize(),
              Optional.of(sink -> sink.write(extents(tensor, keep))));
      case NUMBERS -> {
        Shape shape = tensor.shape().withDim(keep.axis(), keep.experts().size());
        long size = tensor.bytes().byteSize() / keep.of() * keep.experts().size();
        MemorySegment first = tensor.bytes().asSlice(0, size);
        add(proto, shape, size, Optional.of(sink -> sink.write(first)));
      }
    }
  }

  /** The parts of each stretch along the axis that belong to experts that stay. */
  private static void slices(OnnxTensor tensor, Keep keep, TensorContent.Sink sink)
      throws IOException {
    long stretches = stretches(tensor, keep);
    long part = tensor.bytes().byteSize() / stretches / keep.of();
    for (long stretch = 0; stretch < stretches; stretch++) {
      if (part >= SMALL) {
        for (int expert : keep.experts()) {
          sink.write(part(tensor, keep, stretch, expert, part));
        }
      } else {
        // A column of a matrix is many parts of a few bytes each.
        MemorySegment joined =
            MemorySegment.ofArray(new byte[Math.toIntExact(part * keep.experts().size())]);
        long at = 0;
        for (int expert : keep.experts()) {
          joined.asSlice(at, part).copyFrom(part(tensor, keep, stretch, expert, part));
          at += part;
        }
        sink.write(joined);
      }
    }
  }

  private static MemorySegment part(
      OnnxTensor tensor, Keep keep, long stretch, int expert, long part) {
    return tensor.bytes().asSlice((stretch * keep.of() + expert) * part, part);
  }

  private static long stretches(OnnxTensor tensor, Keep keep) {
    long stretches = 1;
    for (int axis = 0; axis < keep.axis(); axis++) {
      stretches *= tensor.shape().dim(axis);
    }
    return stretches;
  }

  /** The same extents, the last of which is a number of experts, for fewer of them. */
  private static MemorySegment extents(OnnxTensor tensor, Keep keep) {
    long[] extents = tensor.bytes().toArray(GraphIndex.INT64);
    int last = extents.length - 1;
    extents[last] = extents[last] * keep.experts().size() / keep.of();
    ByteBuffer bytes =
        ByteBuffer.allocate(extents.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(extents);
    return MemorySegment.ofBuffer(bytes);
  }

  /**
   * Adds a tensor of the result.
   *
   * @param content empty if it is the source's
   */
  private void add(TensorProto proto, Shape shape, long byteSize, Optional<TensorContent> content) {
    OnnxTensor source = index.tensor(proto.getName()).orElse(null);
    boolean elsewhere = proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    TensorProto.Builder tensor =
        proto.toBuilder().clearDims().addAllDims(shape.dims()).clearExternalData();
    if (!elsewhere && byteSize <= MOST_INLINE) {
      if (content.isPresent()) {
        withoutElements(tensor).setRawData(inline(content.get()));
      } else if (source != null && isRaw(proto)) {
        tensor.setRawData(ByteString.copyFrom(source.bytes().toArray(ValueLayout.JAVA_BYTE)));
      }
      graph.addInitializer(tensor);
      return;
    }
    long offset = Math.ceilDiv(end, ALIGNMENT) * ALIGNMENT;
    end = offset + byteSize;
    placed.add(
        new OnnxDataWriter.Placed(
            proto.getName(),
            offset,
            byteSize,
            content.orElseGet(() -> TensorContent.of(List.of(tensor(proto).bytes())))));
    graph.addInitializer(
        withoutElements(tensor)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("offset", Long.toString(offset)))
            .addExternalData(entry("length", Long.toString(byteSize))));
  }

  private OnnxTensor tensor(TensorProto proto) {
    return index.tensor(proto.getName()).orElseThrow();
  }

  /** Whether a tensor in the protobuf does not list its elements as numbers or texts. */
  private static boolean isRaw(TensorProto proto) {
    return proto.getFloatDataCount() == 0
        && proto.getInt32DataCount() == 0
        && proto.getInt64DataCount() == 0
        && proto.getDoubleDataCount() == 0
        && proto.getUint64DataCount() == 0
        && proto.getStringDataCount() == 0;
  }

  private static TensorProto.Builder withoutElements(TensorProto.Builder tensor) {
    return tensor
        .clearRawData()
        .clearFloatData()
        .clearInt32Data()
        .clearInt64Data()
        .clearDoubleData()
        .clearUint64Data();
  }

  private static ByteString inline(TensorContent content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      content.writeTo(piece -> bytes.writeBytes(piece.toArray(ValueLayout.JAVA_BYTE)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ByteString.copyFrom(bytes.toByteArray());
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
