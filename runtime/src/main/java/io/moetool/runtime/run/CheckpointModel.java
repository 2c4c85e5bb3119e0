package io.moetool.runtime.run;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Encoder;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.publish.MappedPages;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A checkpoint run layer by layer: all tokens pass one layer before the next one's weights are
 * touched, so memory holds one layer and the hidden states, whatever the size of the model.
 */
public final class CheckpointModel implements LanguageModel {
  private final TensorStore store;
  private final Architecture architecture;
  private final OrtEngine engine;
  private final WorkPool pool;
  private final ExpertMask mask;
  private final Optional<MemoryLimit> limit;

  /**
   * A model over an open checkpoint, which must outlive it.
   *
   * @param mask experts that are never chosen
   * @throws BadInputException if it stores weights that cannot be computed with
   */
  public CheckpointModel(
      TensorStore store,
      Architecture architecture,
      OrtEngine engine,
      WorkPool pool,
      ExpertMask mask) {
    this(store, architecture, engine, pool, mask, Optional.empty());
  }

  private CheckpointModel(
      TensorStore store,
      Architecture architecture,
      OrtEngine engine,
      WorkPool pool,
      ExpertMask mask,
      Optional<MemoryLimit> limit) {
    DecodableWeights.require(architecture, store);
    this.store = store;
    this.architecture = architecture;
    this.engine = engine;
    this.pool = pool;
    this.mask = mask;
    this.limit = limit;
  }

  /**
   * The same model, which predicts the same bits in less memory; {@link #predict} refuses a limit
   * that is too small for it and the data.
   */
  public CheckpointModel within(MemoryLimit memory) {
    return new CheckpointModel(store, architecture, engine, pool, mask, Optional.of(memory));
  }

  /** What it computes. */
  public Architecture architecture() {
    return architecture;
  }

  @Override
  public String form() {
    return "checkpoint";
  }

  @Override
  public String device() {
    return engine.device().key();
  }

  @Override
  public String compute() {
    return "float32";
  }

  @Override
  public int vocabulary() {
    return architecture.vocabulary();
  }

  @Override
  public ModelInput input() {
    return ModelInput.of(architecture);
  }

  @Override
  public boolean rereads() {
    return true;
  }

  @Override
  public TokenDecoder decoder() {
    return new RereadingDecoder(this);
  }

  @Override
  public Predictions predict(SequenceData data, RunProgress progress) {
    MemoryPlan plan = plan(data, Taps.NONE, limit, true);
    Arena arena = Arena.ofShared();
    try {
      HiddenStates hidden = run(arena, data, Taps.NONE, limit, plan, Savepoints.NONE, progress);
      return new CheckpointPredictions(
          store, architecture, engine(plan), hidden, plan.limited(), arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** Runs all layers for what the taps see on the way. */
  public void observe(SequenceData data, Taps taps, RunProgress progress) {
    observe(data, taps, limit, Savepoints.NONE, progress);
  }

  /**
   * As {@link #observe(SequenceData, Taps, RunProgress)}, with the same bits in less memory, and
   * from where an earlier run was ended.
   *
   * @throws BadInputException if the limit is too small for model and data
   */
  public void observe(
      SequenceData data,
      Taps taps,
      Optional<MemoryLimit> memory,
      Savepoints savepoints,
      RunProgress progress) {
    MemoryPlan plan = plan(data, taps, memory, false);
    try (Arena arena = Arena.ofShared()) {
      run(arena, data, taps, memory, plan, savepoints, progress);
    }
  }

  private HiddenStates run(
      Arena arena,
      SequenceData data,
      Taps taps,
      Optional<MemoryLimit> memory,
      MemoryPlan plan,
      Savepoints savepoints,
      RunProgress progress) {
    int readers = architecture.encoder().map(Encoder::layers).orElse(0);
    FloatMatrix states = states(arena, data, memory, plan);
    int ofSources = readers == 0 ? 0 : Math.toIntExact(data.sourceTokens());
    Stack reading =
        new Stack(
            LayerRun.Side.READING,
            0,
            readers,
            new HiddenStates(states.rows(0, ofSources), data.sources()));
    Stack predicting =
        new Stack(
            LayerRun.Side.PREDICTING,
            readers,
            architecture.layers(),
            new HiddenStates(states.rows(ofSources, states.rows()), data.texts()));
    int first = savepoints.restore(states.segment());
    if (first == 0) {
      embed(predicting.hidden(), plan);
    }
    Passing passing = new Passing(taps, plan, savepoints, states.segment(), progress);
    if (readers > 0) {
      if (first == 0) {
        embed(reading.hidden(), plan);
      }
      run(reading.from(first), data.sourcesAlone(), Optional.empty(), passing);
    }
    run(
        predicting.from(first),
        data,
        readers > 0 ? Optional.of(reading.hidden()) : Optional.empty(),
        passing);
    progress.report("layers", architecture.layers(), architecture.layers());
    return predicting.hidden();
  }

  /**
   * Layers {@code first .. end - 1}, which work on the same tokens.
   *
   * @param side what these tokens are
   * @param hidden their hidden states
   */
  private record Stack(LayerRun.Side side, int first, int end, HiddenStates hidden) {
    Stack from(int layer) {
      return new Stack(side, Math.max(first, layer), end, hidden);
    }
  }

  /** What goes with a run from layer to layer. */
  private record Passing(
      Taps taps,
      MemoryPlan plan,
      Savepoints savepoints,
      MemorySegment states,
      RunProgress progress) {}

  private void run(Stack stack, SequenceData data, Optional<HiddenStates> source, Passing passing) {
    try (Arena scratch = Arena.ofShared();
        LayerRun layers =
            new LayerRun(
                scratch,
                store,
                architecture,
                engine(passing.plan()),
                pool,
                mask,
                data,
                stack.hidden(),
                source,
                stack.side(),
                passing.taps(),
                passing.plan())) {
      for (int layer = stack.first(); layer < stack.end(); layer++) {
        passing.progress().report("layers", layer, architecture.layers());
        layers.run(layer);
        passing.savepoints().passed(layer, passing.states());
      }
    }
  }

  private OrtEngine engine(MemoryPlan plan) {
    return plan.limited() ? engine.frugal() : engine;
  }

  private MemoryPlan plan(
      SequenceData data, Taps taps, Optional<MemoryLimit> memory, boolean predicts) {
    if (memory.isEmpty()) {
      return MemoryPlan.unlimited(
          architecture, data.longest(), Math.max(data.tokens(), data.sourceTokens()));
    }
    return MemoryPlan.within(
        memory.get().bytes(),
        new MemoryNeed(store, architecture, data, taps, pool.threads(), predicts));
  }

  private FloatMatrix states(
      Arena arena, SequenceData data, Optional<MemoryLimit> memory, MemoryPlan plan) {
    int tokens = Math.toIntExact(Math.addExact(data.tokens(), data.sourceTokens()));
    return plan.onDisk()
        ? StateFile.create(arena, memory.orElseThrow().folder(), tokens, architecture.hidden())
        : FloatMatrix.allocate(arena, tokens, architecture.hidden());
  }

  private void embed(HiddenStates hidden, MemoryPlan plan) {
    try (Arena decoded = Arena.ofShared()) {
      TensorView embedding =
          WeightDecoder.values(
              decoded, architecture.names().stored(store, TensorRole.EMBEDDING).view(store));
      int window = plan.limited() ? pool.threads() : hidden.sequences();
      for (int first = 0; first < hidden.sequences(); first += window) {
        int from = first;
        int to = Math.min(hidden.sequences(), from + window);
        pool.forEach(
            to - from,
            i -> hidden.embed(from + i, embedding, architecture.wiring().embeddingScale()));
        if (plan.limited()) {
          hidden.release(from, to);
          MappedPages.release(embedding.bytes());
        }
      }
    }
  }

  @Override
  public void close() {
    // the checkpoint and the threads belong to the caller
  }
}
