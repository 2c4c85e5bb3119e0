package io.moetool.transforms.convert;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.TensorContent;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.Rope;
import io.moetool.formats.family.StackLayout;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.formats.quantisation.WeightView;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.ElementEncoder;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.graph.ExternalData;
import io.moetool.runtime.graph.RotationRows;
import io.moetool.runtime.graph.RotationTables;
import io.moetool.runtime.graph.StoredContent;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Elements of exported tensors, produced piece by piece from the checkpoint. */
final class ExportContent {
  private static final long PIECE_ELEMENTS = 1 << 20;

  private final ExportSource source;
  private final Architecture architecture;
  private final ExpertTensors experts;
  private final QuantisationError quantisationError = new QuantisationError();

  ExportContent(ExportSource source) {
    this.source = source;
    this.architecture = source.architecture();
    this.experts = new ExpertTensors(architecture.names());
  }

  /** Bytes of a tensor. */
  TensorContent of(ExternalData.Placed tensor) {
    return switch (tensor.content()) {
      case StoredContent.Integers integers -> sink -> quantise(integers, sink);
      case StoredContent.Scales scales -> sink -> scale(scales, sink);
      case StoredContent content when tensor.type() == OnnxType.FLOAT -> floats(content);
      case StoredContent content ->
          sink ->
              floats(content)
                  .writeTo(values -> narrow(tensor.name(), tensor.type().dtype(), values, sink));
    };
  }

  /** What storing experts as integers has done to the weights written so far. */
  QuantisationError quantisationError() {
    return quantisationError;
  }

  /** A tensor's elements in float32. */
  private TensorContent floats(StoredContent content) {
    return switch (content) {
      case StoredContent.Tensor(String name) -> sink -> decode(view(name), sink);
      case StoredContent.Slice(String name, int index) ->
          sink -> decode(view(name).slice(index), sink);
      case StoredContent.StackedDown(int layer) when !stack().transposed() ->
          sink -> {
            for (int expert = 0; expert < source.experts().layer(layer).count(); expert++) {
              decode(expert(down(), layer, expert), sink);
            }
          };
      case StoredContent.Projections projections ->
          sink -> forEach(projections, matrix -> sink.write(matrix.segment()));
      case StoredContent.Cosines(Rope rope) ->
          sink -> rotation(rope, sink, RotationTables::cosines);
      case StoredContent.Sines(Rope rope) -> sink -> rotation(rope, sink, RotationTables::sines);
      case StoredContent.Integers _, StoredContent.Scales _ ->
          throw new IllegalArgumentException(content + " is not float32");
    };
  }

  private interface MatrixSink {
    void accept(FloatMatrix matrix) throws IOException;
  }

  /** Hands out one expert's projection at a time, {@code [out, in]}. */
  private void forEach(StoredContent.Projections projections, MatrixSink sink) throws IOException {
    switch (projections) {
      case StoredContent.InterleavedGateUp(int layer) -> {
        for (int expert = 0; expert < source.experts().layer(layer).count(); expert++) {
          try (Arena arena = Arena.ofConfined()) {
            sink.accept(interleaved(arena, layer, expert));
          }
        }
      }
      case StoredContent.StackedDown(int layer) -> {
        for (int expert = 0; expert < source.experts().layer(layer).count(); expert++) {
          forOne(down(), layer, expert, sink);
        }
      }
      case StoredContent.Projection(TensorRole role, int layer, int expert) ->
          forOne(role, layer, expert, sink);
    }
  }

  private void forOne(TensorRole role, int layer, int expert, MatrixSink sink) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      WeightView view = expert(role, layer, expert);
      sink.accept(experts.areStacked() ? outIn(arena, view) : WeightDecoder.decode(arena, view));
    }
  }

  private void quantise(StoredContent.Integers content, TensorContent.Sink sink)
      throws IOException {
    BlockQuantiser quantiser = new BlockQuantiser(content.type(), content.block());
    forEach(
        content.of(),
        matrix -> {
          byte[] integers =
              quantiser.integers(matrix, scales(quantiser, matrix), quantisationError);
          sink.write(MemorySegment.ofArray(quantiser.packed(integers, content.signed())));
        });
  }

  private void scale(StoredContent.Scales content, TensorContent.Sink sink) throws IOException {
    BlockQuantiser quantiser = new BlockQuantiser(content.type(), content.block());
    forEach(
        content.of(),
        matrix -> {
          float[] scales = scales(quantiser, matrix);
          ByteBuffer bytes =
              ByteBuffer.allocate(scales.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
          bytes.asFloatBuffer().put(scales);
          sink.write(MemorySegment.ofBuffer(bytes));
        });
  }

  private float[] scales(BlockQuantiser quantiser, FloatMatrix matrix) {
    try {
      return quantiser.scales(matrix);
    } catch (ArithmeticException e) {
      throw new BadInputException(
          source.checkpoint().tensors().folder().toString(),
          "experts cannot be stored as integers: " + e.getMessage(),
          "convert without --experts",
          e);
    }
  }

  private static void narrow(String name, DType type, MemorySegment values, TensorContent.Sink sink)
      throws IOException {
    long count = values.byteSize() / Float.BYTES;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stored = arena.allocate(type.byteSize(count), 64);
      ElementEncoder.encode(type, values, stored);
      MemorySegment back = arena.allocate(values.byteSize(), 64);
      ElementDecoder.decode(type, stored, back);
      for (long i = 0; i < count; i++) {
        float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        if (Float.isFinite(value) && !Float.isFinite(back.getAtIndex(ValueLayout.JAVA_FLOAT, i))) {
          throw new BadInputException(
              name, "%s is beyond the range of %s".formatted(value, type), "use another --dtype");
        }
      }
      sink.write(stored);
    }
  }

  /** Names of the checkpoint's tensors that a tensor is made from. */
  List<String> sources(StoredContent content) {
    List<String> sources = new ArrayList<>();
    switch (content) {
      case StoredContent.Tensor(String name) -> addSources(sources, name);
      case StoredContent.Slice(String name, int _) -> addSources(sources, name);
      case StoredContent.InterleavedGateUp(int layer) ->
          addSources(sources, layer, experts.roles().subList(0, experts.roles().size() - 1));
      case StoredContent.StackedDown(int layer) -> addSources(sources, layer, List.of(down()));
      case StoredContent.Projection(TensorRole role, int layer, int expert) ->
          addSources(sources, architecture.names().weight(role, layer, expert));
      case StoredContent.Integers integers -> sources.addAll(sources(integers.of()));
      case StoredContent.Scales scales -> sources.addAll(sources(scales.of()));
      case StoredContent.Cosines _, StoredContent.Sines _ -> {
        // computed from the config alone
      }
    }
    return sources;
  }

  /** Experts that share a tensor share its name. */
  private void addSources(List<String> sources, int layer, List<TensorRole> roles) {
    for (int expert = 0;
        expert < (experts.areStacked() ? 1 : source.experts().layer(layer).count());
        expert++) {
      for (TensorRole role : roles) {
        addSources(sources, architecture.names().weight(role, layer, expert));
      }
    }
  }

  private void addSources(List<String> sources, String weight) {
    architecture
        .names()
        .stored(source.tensors(), weight)
        .tensors()
        .forEach(tensor ->
            source.origins(tensor.name()).stream()
                .filter(origin -> !sources.contains(origin))
                .forEach(sources::add));
  }

  private TensorRole down() {
    return experts.roles().getLast();
  }

  private WeightView view(String weight) {
    return architecture.names().stored(source.tensors(), weight).view(source.tensors());
  }

  private WeightView expert(TensorRole role, int layer, int expert) {
    return experts.view(source.tensors(), role, layer, expert);
  }

  /** Plain elements piece by piece; others a whole matrix at a time. */
  private static void decode(WeightView view, TensorContent.Sink sink) throws IOException {
    if (view.weight().isPlain()) {
      decode(view.elements().dtype(), view.elements().bytes(), sink);
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      sink.write(WeightDecoder.decode(arena, view).segment());
    }
  }

  private static void decode(DType type, MemorySegment bytes, TensorContent.Sink sink)
      throws IOException {
    int width = type.bits() / 8;
    long elements = bytes.byteSize() / width;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats =
          arena.allocate(DType.F32.byteSize(Math.min(PIECE_ELEMENTS, elements)), 64);
      for (long from = 0; from < elements; from += PIECE_ELEMENTS) {
        long count = Math.min(PIECE_ELEMENTS, elements - from);
        MemorySegment piece = floats.asSlice(0, DType.F32.byteSize(count));
        ElementDecoder.decode(type, bytes.asSlice(from * width, count * width), piece);
        sink.write(piece);
      }
    }
  }

  private FloatMatrix interleaved(Arena arena, int layer, int expert) {
    int rows = architecture.moe().expertWidth();
    if (!experts.areStacked()) {
      return interleaved(
          arena,
          WeightDecoder.decode(arena, expert(TensorRole.EXPERT_GATE, layer, expert)),
          WeightDecoder.decode(arena, expert(TensorRole.EXPERT_UP, layer, expert)));
    }
    FloatMatrix both = outIn(arena, expert(TensorRole.EXPERTS_GATE_UP, layer, expert));
    return stack().interleaved()
        ? both
        : interleaved(arena, both.rows(0, rows), both.rows(rows, 2 * rows));
  }

  private FloatMatrix interleaved(Arena arena, FloatMatrix gate, FloatMatrix up) {
    FloatMatrix pairs = FloatMatrix.allocate(arena, 2 * gate.rows(), gate.columns());
    for (int row = 0; row < gate.rows(); row++) {
      pairs.copyRowFrom(2 * row, gate, row);
      pairs.copyRowFrom(2 * row + 1, up, row);
    }
    return pairs;
  }

  /** A weight of a stack as {@code [out, in]}, which the fused operator takes. */
  private FloatMatrix outIn(Arena arena, WeightView view) {
    FloatMatrix stored = WeightDecoder.decode(arena, view);
    return stack().transposed() ? stored.transposed(arena) : stored;
  }

  private StackLayout stack() {
    return architecture.moe().expert().stack();
  }

  private void rotation(
      Rope rope, TensorContent.Sink sink, Function<RotationTables, FloatMatrix> table)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      for (RotationRows rows : RotationRows.of(rope, architecture.maxPositions())) {
        RotationTables tables = new RotationTables(arena, rows.rope(), rows.positions());
        sink.write(table.apply(tables).segment());
      }
    }
  }
}
