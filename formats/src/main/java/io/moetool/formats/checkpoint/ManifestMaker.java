package io.moetool.formats.checkpoint;

import io.moetool.formats.publish.WrittenFile;
import java.util.List;

/** Makes the manifest of an output from what was written; see {@link Manifest#of}. */
@FunctionalInterface
public interface ManifestMaker {
  /** The manifest of a folder that holds {@code files}, hashed while they were written. */
  Manifest make(List<WrittenFile> files);
}
