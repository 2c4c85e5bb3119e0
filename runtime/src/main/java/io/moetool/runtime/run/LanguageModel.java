package io.moetool.runtime.run;

import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;

/** A model that predicts the next token. */
public interface LanguageModel extends AutoCloseable {
  /** {@code checkpoint} or {@code onnx}. */
  String form();

  /** Device it runs on: {@code cpu} or {@code cuda}. */
  String device();

  /** Arithmetic of its products: {@code float32}. */
  String compute();

  /** Number of logits per position. */
  int vocabulary();

  /** What it reads. */
  ModelInput input();

  /** Does whatever must be done for all sequences at once. */
  Predictions predict(SequenceData data, RunProgress progress);

  /**
   * Whether a sequence that grows is read again from its beginning for every token; several are
   * then better read together, by {@link #predict}.
   */
  boolean rereads();

  /** Begins a sequence that grows. */
  TokenDecoder decoder();

  @Override
  void close();
}
