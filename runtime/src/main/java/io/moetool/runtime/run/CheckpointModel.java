package io.moetool.runtime.run;

import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorRole;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import java.lang.foreign.Arena;

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
    DecodableWeights.require(architecture, store);
    this.store = store;
    this.architecture = architecture;
    this.engine = engine;
    this.pool = pool;
    this.mask = mask;
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
    Arena arena = Arena.ofShared();
    try {
      HiddenStates hidden = run(arena, data, Taps.NONE, progress);
      return new CheckpointPredictions(store, architecture, engine, hidden, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** Runs all layers for what the taps see on the way. */
  public void observe(SequenceData data, Taps taps, RunProgress progress) {
    try (Arena arena = Arena.ofShared()) {
      run(arena, data, taps, progress);
    }
  }

  private HiddenStates run(Arena arena, SequenceData data, Taps taps, RunProgress progress) {
    HiddenStates hidden = new HiddenStates(arena, data.texts(), architecture.hidden());
    embed(hidden, data);
    try (Arena scratch = Arena.ofShared();
        LayerRun layers =
            new LayerRun(scratch, store, architecture, engine, pool, mask, data, hidden, taps)) {
      for (int layer = 0; layer < architecture.layers(); layer++) {
        progress.report("layers", layer, architecture.layers());
        layers.run(layer);
      }
    }
    progress.report("layers", architecture.layers(), architecture.layers());
    return hidden;
  }

  private void embed(HiddenStates hidden, SequenceData data) {
    try (Arena decoded = Arena.ofShared()) {
      TensorView embedding =
          WeightDecoder.values(
              decoded, architecture.names().stored(store, TensorRole.EMBEDDING).view(store));
      pool.forEach(
          data.sequences().size(),
          i -> hidden.embed(i, embedding, architecture.wiring().embeddingScale()));
    }
  }

  @Override
  public void close() {
    // the checkpoint and the threads belong to the caller
  }
}
