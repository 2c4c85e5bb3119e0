package io.moetool.formats.checkpoint;

import io.moetool.formats.TensorStore;
import java.nio.file.Path;
import java.util.List;

/** The tensors of a checkpoint, wherever they are stored, and the files they are in. */
public interface ModelStore extends TensorStore {
  /** The folder that config, tokenizer and other files are in. */
  Path folder();

  /** The files that hold the tensors. */
  List<Path> files();

  /** The tensors of each file that a result has a file of its own for. */
  List<? extends TensorStore> parts();

  /** Bytes of all tensors. */
  long tensorBytes();

  /** What is allowed but odd about the files, one sentence each. */
  List<String> warnings();
}
