package io.moetool.transforms.convert;

import io.moetool.formats.DType;
import io.moetool.formats.TensorContent;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.Rope;
import io.moetool.formats.family.StackLayout;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.quantisation.WeightView;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.graph.RotationRows;
import io.moetool.runtime.graph.RotationTables;
import io.moetool.runtime.graph.StoredContent;
import io.moetool.transforms.SourceModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Elements of exported tensors as float32, produced piece by piece from the checkpoint. */
final class ExportContent {
  private static final long PIECE_ELEMENTS = 1 << 20;

  private final SourceModel source;
  private final Architecture architecture;
  private final ExpertTensors experts;

  ExportContent(SourceModel source) {
    this.source = source;
    this.architecture = source.architecture();
    this.experts = new ExpertTensors(architecture.names());
  }

  /** Bytes of a tensor. */
  TensorContent of(StoredContent content) {
    return switch (content) {
      case StoredContent.Tensor(String name) -> sink -> decode(view(name), sink);
      case StoredContent.Slice(String name, int index) ->
          sink -> decode(view(name).slice(index), sink);
      case StoredContent.InterleavedGateUp(int layer) -> sink -> interleave(layer, sink);
      case StoredContent.StackedDown(int layer) ->
          sink -> {
            for (int expert = 0; expert < architecture.moe().experts(); expert++) {
              down(layer, expert, sink);
            }
          };
      case StoredContent.Cosines(Rope rope) ->
          sink -> rotation(rope, sink, RotationTables::cosines);
      case StoredContent.Sines(Rope rope) -> sink -> rotation(rope, sink, RotationTables::sines);
    };
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
      case StoredContent.Cosines _, StoredContent.Sines _ -> {
        // computed from the config alone
      }
    }
    return sources;
  }

  /** Experts that share a tensor share its name. */
  private void addSources(List<String> sources, int layer, List<TensorRole> roles) {
    for (int expert = 0;
        expert < (experts.areStacked() ? 1 : architecture.moe().experts());
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
        .forEach(tensor -> sources.add(tensor.name()));
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

  private void interleave(int layer, TensorContent.Sink sink) throws IOException {
    for (int expert = 0; expert < architecture.moe().experts(); expert++) {
      try (Arena arena = Arena.ofConfined()) {
        sink.write(interleaved(arena, layer, expert).segment());
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

  private void down(int layer, int expert, TensorContent.Sink sink) throws IOException {
    WeightView view = expert(down(), layer, expert);
    if (!stack().transposed()) {
      decode(view, sink);
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      sink.write(outIn(arena, view).segment());
    }
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
