package io.moetool.runtime.run;

import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.publish.MappedPages;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.Arena;
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
   * @throws io.moetool.formats.BadInputException if it stores weights that cannot be computed with
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
   * @throws io.moetool.formats.BadInputException if the limit is too small for model and data
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
    FloatMatrix states = states(arena, data, memory, plan);
    HiddenStates hidden = new HiddenStates(states, data.texts());
    int first = savepoints.restore(states.segment());
    if (first == 0) {
      embed(hidden, plan);
    }
    try (Arena scratch = Arena.ofShared();
        LayerRun layers =
            new LayerRun(
                scratch, store, architecture, engine(plan), pool, mask, data, hidden, taps, plan)) {
      for (int layer = first; layer < architecture.layers(); layer++) {
        progress.report("layers", layer, architecture.layers());
        layers.run(layer);
        savepoints.passed(layer, states.segment());
      }
    }
    progress.report("layers", architecture.layers(), architecture.layers());
    return hidden;
  }

  private OrtEngine engine(MemoryPlan plan) {
    return plan.limited() ? engine.frugal() : engine;
  }

  private MemoryPlan plan(
      SequenceData data, Taps taps, Optional<MemoryLimit> memory, boolean predicts) {
    if (memory.isEmpty()) {
      int longest = data.sequences().stream().mapToInt(TokenSequence::length).max().orElse(0);
      return MemoryPlan.unlimited(architecture, longest, data.tokens());
    }
    return MemoryPlan.within(
        memory.get().bytes(),
        new MemoryNeed(store, architecture, data, taps, pool.threads(), predicts));
  }

  private FloatMatrix states(
      Arena arena, SequenceData data, Optional<MemoryLimit> memory, MemoryPlan plan) {
    int tokens = Math.toIntExact(data.tokens());
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
