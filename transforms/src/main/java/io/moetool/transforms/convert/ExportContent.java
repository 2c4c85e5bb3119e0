package io.moetool.transforms.convert;

import io.moetool.formats.DType;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.Rope;
import io.moetool.formats.family.TensorRole;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.FloatMatrix;
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
      case StoredContent.Tensor(String name) -> sink -> decode(source.tensors().view(name), sink);
      case StoredContent.Slice(String name, int index) ->
          sink -> {
            TensorView all = source.tensors().view(name);
            decode(all.dtype(), all.slice(index), sink);
          };
      case StoredContent.InterleavedGateUp(int layer) -> sink -> interleave(layer, sink);
      case StoredContent.StackedDown(int layer) ->
          sink -> {
            for (int expert = 0; expert < architecture.moe().experts(); expert++) {
              decode(expert(down(), layer, expert), sink);
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
      case StoredContent.Tensor(String name) -> sources.add(name);
      case StoredContent.Slice(String name, int _) -> sources.add(name);
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
        sources.add(architecture.names().weight(role, layer, expert));
      }
    }
  }

  private TensorRole down() {
    return experts.roles().getLast();
  }

  private TensorView expert(TensorRole role, int layer, int expert) {
    return experts.view(source.tensors(), role, layer, expert);
  }

  private static void decode(TensorView view, TensorContent.Sink sink) throws IOException {
    decode(view.dtype(), view.bytes(), sink);
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
    int rows = architecture.moe().expertWidth();
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix pairs = FloatMatrix.allocate(arena, 2 * rows, architecture.hidden());
      for (int expert = 0; expert < architecture.moe().experts(); expert++) {
        TensorView gate = expert(experts.roles().getFirst(), layer, expert);
        TensorView up = experts.areStacked() ? gate : expert(TensorRole.EXPERT_UP, layer, expert);
        int firstUp = experts.areStacked() ? rows : 0;
        for (int row = 0; row < rows; row++) {
          ElementDecoder.decode(gate.dtype(), gate.slice(row), pairs.row(2 * row));
          ElementDecoder.decode(up.dtype(), up.slice(firstUp + row), pairs.row(2 * row + 1));
        }
        sink.write(pairs.segment());
      }
    }
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
