package io.moetool.transforms.verify;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Re-reads output folders. Reads every byte once for the files and once for the tensors, side by
 * side.
 */
public final class Verifier {
  private static final String WEIGHTS = ".safetensors";
  private static final double NANOS = 1e9;

  private final FamilyCatalog families;
  private final WriteProgress progress;

  /**
   * A verifier.
   *
   * @param progress told bytes read
   */
  public Verifier(FamilyCatalog families, WriteProgress progress) {
    this.families = families;
    this.progress = progress;
  }

  /**
   * Compares a folder with its manifest, and its config with its tensors.
   *
   * @throws BadInputException if there is no manifest to compare with
   */
  public Verification verify(Path output) {
    return run(output, null, null);
  }

  /**
   * As {@link #verify(Path)}, and compares every tensor with the source, byte by byte.
   *
   * @param source what the output was made from
   */
  public Verification verify(Path output, SourceModel source) {
    try (WorkPool pool = new WorkPool(1)) {
      return verify(output, source, pool);
    }
  }

  /**
   * As {@link #verify(Path, SourceModel)}; merged experts are computed again on {@code pool}.
   *
   * @param source what the output was made from
   */
  public Verification verify(Path output, SourceModel source, WorkPool pool) {
    return run(output, source, pool);
  }

  private Verification run(Path output, @Nullable SourceModel source, @Nullable WorkPool pool) {
    long start = System.nanoTime();
    Manifest manifest = Manifest.read(output.resolve(Manifest.FILE));
    List<Finding> findings = new ArrayList<>(OutputFiles.strangers(output, manifest));
    SourceProof proof =
        source == null || pool == null ? null : new SourceProof(source, manifest, families, pool);
    try (CheckpointStore tensors = open(output, manifest, findings)) {
      HashCheck hashes = new HashCheck(output, manifest, tensors, proof, progress);
      findings.addAll(hashes.run());
      if (tensors != null) {
        findings.addAll(StructureCheck.run(families, tensors, manifest));
      }
      if (proof != null) {
        findings.addAll(proof.whole(output));
      }
      return new Verification(
          output.toString(),
          manifest.files().size(),
          hashes.tensors(),
          manifest.files().values().stream().mapToLong(Manifest.FileEntry::bytes).sum(),
          Optional.ofNullable(proof).map(SourceProof::comparison),
          findings,
          findings.stream().noneMatch(Finding::isError),
          (System.nanoTime() - start) / NANOS);
    }
  }

  /** The weights; null if the output holds none, or they cannot be opened. */
  private static @Nullable CheckpointStore open(
      Path output, Manifest manifest, List<Finding> findings) {
    if (manifest.files().keySet().stream().noneMatch(name -> name.endsWith(WEIGHTS))) {
      return null;
    }
    try {
      return CheckpointStore.open(output);
    } catch (BadInputException e) {
      findings.add(Finding.error(output.toString(), String.valueOf(e.getMessage())));
      return null;
    }
  }
}
