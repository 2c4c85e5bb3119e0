package io.moetool.transforms.verify;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorView;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.CopiedFile;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import io.moetool.formats.publish.MappedPages;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.safetensors.Quoted;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.PlannedTensor;
import io.moetool.transforms.verify.Verification.SourceComparison;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/** Compares the tensors of an output with the bytes that the plan makes of its source. */
final class SourceProof {
  private static final String CONFIG = "config.json";

  private final SourceModel source;
  private final Manifest manifest;
  private final Optional<PlannedOutput> planned;
  private final List<Finding> findings = new ArrayList<>();
  private final SortedSet<String> changed = new TreeSet<>();
  private final SortedSet<String> computed = new TreeSet<>();
  private final SortedSet<String> fitted = new TreeSet<>();
  private final Set<String> identical = new HashSet<>();
  private int renamed;

  SourceProof(SourceModel source, Manifest manifest, FamilyCatalog families, WorkPool pool) {
    this.source = source;
    this.manifest = manifest;
    if (manifest.source().fingerprint().equals(source.fingerprint())) {
      planned = planned(families, pool);
    } else {
      planned = Optional.empty();
      findings.add(
          Finding.error(
              Manifest.FILE,
              "the output was made from another model: %s, the source given is %s"
                  .formatted(manifest.source().fingerprint(), source.fingerprint())));
    }
  }

  private Optional<PlannedOutput> planned(FamilyCatalog families, WorkPool pool) {
    try {
      return PlannedOutput.of(manifest, source, families, pool);
    } catch (BadInputException e) {
      findings.add(Finding.error(Manifest.FILE, String.valueOf(e.getMessage())));
      return Optional.empty();
    }
  }

  SourceComparison comparison() {
    List<String> unproven =
        manifest.tensors().keySet().stream()
            .filter(name ->
                !identical.contains(name)
                    && !changed.contains(name)
                    && !computed.contains(name)
                    && !fitted.contains(name))
            .sorted()
            .toList();
    return new SourceComparison(
        identical.size(),
        renamed,
        List.copyOf(changed),
        List.copyOf(computed),
        List.copyOf(fitted),
        unproven);
  }

  /** What is wrong with a tensor of the output. */
  Optional<Finding> compare(String where, TensorView tensor, Manifest.TensorEntry entry) {
    if (planned.isEmpty()) {
      return entry.identical()
          ? compareWhole(where, tensor, entry.sources().getFirst())
          : Optional.empty();
    }
    PlannedTensor made = planned.get().tensors().get(tensor.name());
    if (made == null) {
      return Optional.of(Finding.error(where, "the plan makes no such tensor"));
    }
    if (!entry.sources().equals(made.sources())
        || entry.identical() != (made.kind() == PlannedTensor.Kind.COPIED)) {
      return Optional.of(
          Finding.error(
              where,
              "the manifest says it is from %s, the plan %s"
                  .formatted(
                      String.join(", ", entry.sources()), String.join(", ", made.sources()))));
    }
    return made.kind() == PlannedTensor.Kind.COPIED
        ? compareWhole(where, tensor, made.sources().getFirst())
        : compareMade(where, tensor, made);
  }

  /** Makes a tensor again; the same plan and source give the same bytes. */
  private Optional<Finding> compareMade(String where, TensorView tensor, PlannedTensor made) {
    if (!tensor.info().equals(made.output().info())) {
      return Optional.of(
          Finding.error(
              where, "is %s, the plan makes %s".formatted(tensor.info(), made.output().info())));
    }
    if (made.kind() == PlannedTensor.Kind.FITTED) {
      fitted.add(tensor.name());
      return Optional.empty();
    }
    AtomicLong at = new AtomicLong();
    AtomicLong mismatch = new AtomicLong(-1);
    try {
      made.output()
          .content()
          .writeTo(bytes -> {
            long found = tensor.bytes().asSlice(at.get(), bytes.byteSize()).mismatch(bytes);
            if (found >= 0 && mismatch.get() < 0) {
              mismatch.set(at.get() + found);
            }
            at.addAndGet(bytes.byteSize());
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (mismatch.get() >= 0) {
      return Optional.of(
          Finding.error(
              where,
              "differs at byte %d from what the plan makes of %s"
                  .formatted(mismatch.get(), String.join(", ", made.sources()))));
    }
    (made.kind() == PlannedTensor.Kind.CUT ? changed : computed).add(tensor.name());
    return Optional.empty();
  }

  private Optional<Finding> compareWhole(String where, TensorView tensor, String sourceName) {
    if (!source.tensors().contains(sourceName)) {
      return Optional.of(Finding.error(where, "the source has no tensor " + Quoted.of(sourceName)));
    }
    TensorView original = source.tensors().view(sourceName);
    if (!original.info().withName(tensor.name()).equals(tensor.info())) {
      return Optional.of(
          Finding.error(
              where, "is %s, in the source %s".formatted(tensor.info(), original.info())));
    }
    long mismatch = tensor.bytes().mismatch(original.bytes());
    MappedPages.release(tensor.bytes());
    MappedPages.release(original.bytes());
    if (mismatch >= 0) {
      return Optional.of(
          Finding.error(
              where,
              "differs from %s of the source at byte %d"
                  .formatted(Quoted.of(sourceName), mismatch)));
    }
    identical.add(tensor.name());
    renamed += sourceName.equals(tensor.name()) ? 0 : 1;
    return Optional.empty();
  }

  /** What concerns the output as a whole, once all tensors have been compared. */
  List<Finding> whole(Path output) {
    List<Finding> all = new ArrayList<>(findings);
    planned.map(PlannedOutput::tensors).orElse(Map.of()).keySet().stream()
        .filter(name -> !manifest.tensors().containsKey(name))
        .sorted()
        .forEach(name ->
            all.add(Finding.error(Quoted.of(name), "the plan makes it, but it is missing")));
    Manifest.FileEntry config = manifest.files().get(CONFIG);
    if (planned.isPresent()
        && (config == null || !config.sha256().equals(Sha256.of(planned.get().config())))) {
      all.add(Finding.error(CONFIG, "is not the config of the source with the plan's numbers"));
    }
    for (CopiedFile file : CheckpointFiles.of(source.tensors().folder())) {
      Manifest.FileEntry entry = manifest.files().get(file.name());
      if (entry != null && !entry.sha256().equals(Sha256.of(file.source()))) {
        all.add(
            Finding.error(output.resolve(file.name()).toString(), "is not the file of the source"));
      }
    }
    return all;
  }
}
