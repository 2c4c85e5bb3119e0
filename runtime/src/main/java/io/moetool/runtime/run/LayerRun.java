package io.moetool.runtime.run;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Rope;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.family.TensorRole;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.ExactRouter;
import io.moetool.kernels.ExpertCapacity;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.WeightedRowSum;
import io.moetool.runtime.graph.Piece;
import io.moetool.runtime.graph.Pieces;
import io.moetool.runtime.graph.RotationTables;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.text.SequenceData;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Takes the hidden states of all sequences through one layer after the other, tile by tile. */
final class LayerRun implements AutoCloseable {
  /** Sequences by thread whose partial results are in memory together where that is limited. */
  static final int WINDOW = 2;

  private final TensorStore store;
  private final Architecture architecture;
  private final WorkPool pool;
  private final ExpertMask mask;
  private final SequenceData data;
  private final HiddenStates hidden;
  private final Optional<HiddenStates> source;
  private final Pieces pieces;
  private final PieceGraphs graphs;
  private final Map<Rope, RotationTables> rotations = new HashMap<>();
  private final TileBuffers buffers;
  private final Taps taps;
  private final MemoryPlan plan;
  private final HeapAllowance heap;
  private final Optional<SampleRows> sampled;
  private final List<Tile> tiles;

  /** Which of a model's layers run: they see other tokens of the same data. */
  enum Side {
    /** The encoder's, on sources. */
    READING,
    /** The decoder's, on texts. */
    PREDICTING;

    private TokenSample of(SampledTokens sample) {
      return this == READING ? sample.ofSources().orElseThrow() : sample.ofTexts();
    }
  }

  /** Sequences {@code from .. to - 1}. */
  private record Tile(int from, int to) {}

  LayerRun(
      Arena arena,
      TensorStore store,
      Architecture architecture,
      OrtEngine engine,
      WorkPool pool,
      ExpertMask mask,
      SequenceData data,
      HiddenStates hidden,
      Optional<HiddenStates> source,
      Side side,
      Taps taps,
      MemoryPlan plan) {
    this.store = store;
    this.architecture = architecture;
    this.pool = pool;
    this.mask = mask;
    this.data = data;
    this.hidden = hidden;
    this.source = source;
    this.taps = taps;
    this.plan = plan;
    heap = new HeapAllowance(plan.heapBytes());
    heap.keep();
    sampled = taps.sample().map(tap -> new SampleRows(arena, architecture, side.of(tap.sample())));
    pieces = new Pieces(architecture);
    graphs = new PieceGraphs(engine);
    for (Rope rope : architecture.ropes()) {
      for (int sequence = 0; sequence < hidden.sequences(); sequence++) {
        rotations.computeIfAbsent(
            rope.forLength(hidden.length(sequence)),
            used -> new RotationTables(arena, used, hidden.longest()));
      }
    }
    buffers = new TileBuffers(arena, architecture, plan.rows());
    tiles = tiles(plan.rows());
  }

  /** Runs one layer; taps see it if it has experts. */
  void run(int layer) {
    try (LayerWeights weights = new LayerWeights(store, architecture, layer, plan.limited())) {
      run(layer, weights);
    }
  }

  private void run(int layer, LayerWeights weights) {
    if (!architecture.isMoe(layer)) {
      Piece piece = pieces.denseLayer(layer, weights);
      OrtGraph graph = graphs.graph(piece);
      for (Tile tile : tiles) {
        dense(layer, tile, graph, piece, weights);
        passed(tile, weights);
      }
      return;
    }
    Piece attention = pieces.attentionAndRouter(layer, weights);
    Piece expert = pieces.expert(weights);
    OrtGraph attentionGraph = graphs.graph(attention);
    ExpertProducts products = new ExpertProducts(graphs.graph(expert), expert, weights);
    ExactRouter router = router(layer);
    for (Tile tile : tiles) {
      pool.forEach(
          tile.to() - tile.from(),
          i -> attend(layer, tile, tile.from() + i, attentionGraph, attention, weights, router));
      sampled.ifPresent(rows -> gather(rows, tile));
      TileBuffers used = buffers.rows(0, hidden.offset(tile.to()) - hidden.offset(tile.from()));
      boolean onInput = architecture.moe().routing().appliesTo() == RouterSpec.AppliesTo.INPUT;
      products.compute(
          pool,
          used.normed(),
          onInput ? Optional.of(used.weights()) : Optional.empty(),
          used.selected(),
          architecture.moe().experts(),
          used.expertOutputs());
      if (onInput) {
        // The outputs already are what is added.
        used.weights().fill(1);
      }
      int sequences = tile.to() - tile.from();
      if (pieces.joinsByAddition()) {
        pool.forEach(sequences, i -> combine(tile, tile.from() + i));
      } else {
        Piece join = pieces.joinExperts(weights);
        OrtGraph graph = graphs.graph(join);
        pool.forEach(sequences, i -> combine(tile, tile.from() + i, graph, join, weights));
      }
      taps.routed().ifPresent(tap -> observe(tap, layer, tile));
      passed(tile, weights);
    }
    LayerExperts experts = layerExperts(layer, weights, products);
    taps.routed().ifPresent(tap -> tap.end(experts));
    taps.sample()
        .ifPresent(tap ->
            tap.observe(
                new SampledExperts(
                    experts, sampled.orElseThrow(), router, pool, plan.rangeBytes())));
    heap.keep();
  }

  /** Gives memory back where it is scarce. */
  private void passed(Tile tile, LayerWeights weights) {
    if (plan.limited()) {
      hidden.release(tile.from(), tile.to());
      weights.passed();
      heap.keep();
    }
  }

  @Override
  public void close() {
    graphs.close();
  }

  private ExactRouter router(int layer) {
    RouterSpec routing = architecture.moe().routing();
    int experts = architecture.moe().experts();
    ExactRouter router = ExactRouter.of(routing, experts);
    if (routing instanceof RouterSpec.TopScores top && top.selectionBias()) {
      String bias = architecture.names().weight(TensorRole.SELECTION_BIAS, layer);
      router = router.withSelectionBias(ElementDecoder.toArray(store.view(bias)));
    }
    return router.withMasked(mask.flags(layer, experts));
  }

  private void attend(
      int layer,
      Tile tile,
      int sequence,
      OrtGraph graph,
      Piece piece,
      LayerWeights weights,
      ExactRouter router) {
    TileBuffers rows = rows(tile, sequence);
    try (OrtInputs inputs = sequenceInputs(graph, layer, sequence);
        OrtInputs results = graph.inputs()) {
      weights.bind(piece, inputs);
      graph.run(
          inputs,
          results
              .with(Pieces.ATTENDED, rows.attended())
              .with(Pieces.NORMED, rows.normed())
              .with(Pieces.ROUTER_LOGITS, rows.logits()));
    }
    try {
      router.route(rows.logits(), rows.selected(), rows.weights(), rows.scores());
      architecture
          .moe()
          .capacity()
          .ifPresent(capacity ->
              ExpertCapacity.drop(
                  rows.selected(), rows.weights(), architecture.moe().experts(), capacity));
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          "layer %d, sequence %d".formatted(layer, sequence),
          "the router cannot choose experts: " + e.getMessage(),
          "the weights of this layer or of one before it hold NaN or infinite values: download the"
              + " checkpoint again",
          e);
    }
  }

  private void dense(int layer, Tile tile, OrtGraph graph, Piece piece, LayerWeights weights) {
    pool.forEach(
        tile.to() - tile.from(),
        i -> {
          int sequence = tile.from() + i;
          FloatMatrix result = rows(tile, sequence).attended();
          try (OrtInputs inputs = sequenceInputs(graph, layer, sequence);
              OrtInputs results = graph.inputs()) {
            weights.bind(piece, inputs);
            graph.run(inputs, results.with(Pieces.OUTPUT, result));
          }
          hidden.of(sequence).segment().copyFrom(result.segment());
        });
  }

  private OrtInputs sequenceInputs(OrtGraph graph, int layer, int sequence) {
    int length = hidden.length(sequence);
    OrtInputs inputs =
        graph
            .inputs()
            .with(Pieces.HIDDEN, hidden.of(sequence))
            .with(Pieces.LAST_POSITION, new int[] {length - 1}, 1)
            .with(Pieces.LENGTH, new int[] {length}, 1);
    source.ifPresent(read -> inputs.with(Pieces.SOURCE, read.of(sequence)));
    architecture
        .mixer(layer)
        .rope()
        .map(rope -> Objects.requireNonNull(rotations.get(rope.forLength(length))))
        .ifPresent(rotation ->
            inputs.with(Pieces.COSINES, rotation.cosines()).with(Pieces.SINES, rotation.sines()));
    return inputs;
  }

  /** New hidden state: attended + sum of coefficient times expert output, best expert first. */
  private void combine(Tile tile, int sequence) {
    TileBuffers rows = rows(tile, sequence);
    WeightedRowSum.of(rows.attended(), rows.weights(), rows.expertOutputs(), hidden.of(sequence));
  }

  /** New hidden state where more happens to the experts' sum than being added. */
  private void combine(Tile tile, int sequence, OrtGraph graph, Piece piece, LayerWeights weights) {
    TileBuffers rows = rows(tile, sequence);
    FloatMatrix result = hidden.of(sequence);
    try (Arena arena = Arena.ofConfined();
        OrtInputs inputs = graph.inputs();
        OrtInputs results = graph.inputs()) {
      FloatMatrix routed = FloatMatrix.allocate(arena, result.rows(), result.columns());
      WeightedRowSum.of(routed, rows.weights(), rows.expertOutputs(), routed);
      inputs.with(Pieces.ATTENDED, rows.attended()).with(Pieces.ROUTED, routed);
      if (architecture.moe().shared().isPresent()) {
        inputs.with(Pieces.NORMED, rows.normed());
      }
      weights.bind(piece, inputs);
      rows.shared().ifPresent(shared -> results.with(Pieces.SHARED, shared));
      graph.run(inputs, results.with(Pieces.OUTPUT, result));
    }
  }

  private void gather(SampleRows rows, Tile tile) {
    for (int sequence = tile.from(); sequence < tile.to(); sequence++) {
      rows.take(sequence, rows(tile, sequence));
    }
  }

  private LayerExperts layerExperts(int layer, LayerWeights weights, ExpertProducts outputs) {
    return new LayerExperts(
        layer,
        architecture,
        outputs,
        () -> {
          Piece inner = pieces.expertActivations(weights);
          return new ExpertProducts(graphs.graph(inner), inner, weights);
        },
        other -> {
          LayerWeights itsWeights = weights.in(other);
          Piece expert = pieces.expert(itsWeights);
          return layerExperts(
              layer, itsWeights, new ExpertProducts(graphs.graph(expert), expert, itsWeights));
        });
  }

  private <P> void observe(MoeTap<P> tap, int layer, Tile tile) {
    int window = plan.limited() ? WINDOW * pool.threads() : tile.to() - tile.from();
    for (int from = tile.from(); from < tile.to(); from += window) {
      observe(tap, layer, tile, from, Math.min(tile.to(), from + window));
      heap.keep();
    }
  }

  private <P> void observe(MoeTap<P> tap, int layer, Tile tile, int from, int to) {
    int count = to - from;
    List<Optional<P>> partials = new ArrayList<>(Collections.nCopies(count, Optional.empty()));
    pool.forEach(
        count, i -> partials.set(i, Optional.of(tap.observe(observation(layer, tile, from + i)))));
    for (int i = 0; i < count; i++) {
      tap.add(layer, from + i, partials.get(i).orElseThrow());
    }
  }

  private MoeObservation observation(int layer, Tile tile, int sequence) {
    TileBuffers rows = rows(tile, sequence);
    return new MoeObservation(
        layer,
        sequence,
        data.sequences().get(sequence),
        rows.normed(),
        rows.logits(),
        rows.scores(),
        rows.selected(),
        rows.weights(),
        rows.expertOutputs(),
        rows.shared(),
        rows.attended(),
        hidden.of(sequence),
        architecture.moe().capacity().isPresent());
  }

  private TileBuffers rows(Tile tile, int sequence) {
    int first = hidden.offset(tile.from());
    return buffers.rows(hidden.offset(sequence) - first, hidden.offset(sequence + 1) - first);
  }

  private List<Tile> tiles(int rows) {
    List<Tile> result = new ArrayList<>();
    int from = 0;
    int used = 0;
    for (int i = 0; i < hidden.sequences(); i++) {
      if (used + hidden.length(i) > rows) {
        result.add(new Tile(from, i));
        from = i;
        used = 0;
      }
      used += hidden.length(i);
    }
    result.add(new Tile(from, hidden.sequences()));
    return result;
  }
}
