package io.moetool.transforms.verify;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorView;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.CopiedFile;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.Finding;
import io.moetool.formats.publish.MappedPages;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.safetensors.Quoted;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.PrunedConfig;
import io.moetool.transforms.layout.PrunedTensors;
import io.moetool.transforms.layout.TensorMove;
import io.moetool.transforms.merge.MergedTensors;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.verify.Verification.SourceComparison;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/** Compares the tensors of an output with the bytes of its source that the plan says they are. */
final class SourceProof {
  private static final String CONFIG = "config.json";
  private static final Set<String> PLANNED = Set.of(Plan.PRUNE, Plan.MERGE);

  private final SourceModel source;
  private final Manifest manifest;
  private final WorkPool pool;
  private final Map<String, TensorMove> moves = new HashMap<>();
  private final List<Finding> findings = new ArrayList<>();
  private final SortedSet<String> changed = new TreeSet<>();
  private final SortedSet<String> computed = new TreeSet<>();
  private final Set<String> identical = new HashSet<>();
  private Optional<MergedTensors> merged = Optional.empty();
  private Optional<String> configHash = Optional.empty();
  private int renamed;

  SourceProof(SourceModel source, Manifest manifest, WorkPool pool) {
    this.source = source;
    this.manifest = manifest;
    this.pool = pool;
    if (!manifest.source().fingerprint().equals(source.fingerprint())) {
      findings.add(
          Finding.error(
              Manifest.FILE,
              "the output was made from another model: %s, the source given is %s"
                  .formatted(manifest.source().fingerprint(), source.fingerprint())));
    } else if (PLANNED.contains(manifest.plan().path("action").asString(""))) {
      addMoves();
    }
  }

  private void addMoves() {
    try {
      String where = Manifest.FILE + ", plan";
      Plan plan = PlanFile.parse(where, manifest.plan().toString());
      PlanCheck.require(where, plan, source.architecture(), source.fingerprint());
      merged = Optional.of(new MergedTensors(source, plan, pool));
      new PrunedTensors(source.architecture(), plan.places())
          .of(source.tensors())
          .forEach(move -> moves.put(move.target().name(), move));
      configHash =
          Optional.of(Sha256.of(PrunedConfig.text(source, plan.expertsStored(), plan.places())));
    } catch (BadInputException e) {
      findings.add(Finding.error(Manifest.FILE, String.valueOf(e.getMessage())));
    }
  }

  SourceComparison comparison() {
    List<String> unproven =
        manifest.tensors().keySet().stream()
            .filter(name ->
                !identical.contains(name) && !changed.contains(name) && !computed.contains(name))
            .sorted()
            .toList();
    return new SourceComparison(
        identical.size(), renamed, List.copyOf(changed), List.copyOf(computed), unproven);
  }

  /** What is wrong with a tensor of the output. */
  Optional<Finding> compare(String where, TensorView tensor, Manifest.TensorEntry entry) {
    TensorMove move = moves.get(tensor.name());
    if (move == null) {
      if (!moves.isEmpty()) {
        return Optional.of(Finding.error(where, "the plan makes no such tensor"));
      }
      return entry.identical()
          ? compareWhole(where, tensor, entry.sources().getFirst())
          : Optional.empty();
    }
    if (merged.orElseThrow().isComputed(move)) {
      return compareComputed(where, tensor, move, entry);
    }
    if (!entry.sources().equals(List.of(move.source().name()))
        || entry.identical() != move.isWhole()) {
      return Optional.of(
          Finding.error(
              where,
              "the manifest says it is from %s, the plan %s"
                  .formatted(entry.sources(), move.source().name())));
    }
    return move.isWhole()
        ? compareWhole(where, tensor, move.source().name())
        : compareParts(where, tensor, move);
  }

  /** Computes a merged tensor again; the same plan and source give the same bytes. */
  private Optional<Finding> compareComputed(
      String where, TensorView tensor, TensorMove move, Manifest.TensorEntry entry) {
    List<String> sources = merged.orElseThrow().sources(move);
    if (!entry.sources().equals(sources) || entry.identical()) {
      return Optional.of(
          Finding.error(
              where,
              "the manifest says it is from %s, the plan %s".formatted(entry.sources(), sources)));
    }
    if (!tensor.info().equals(move.target())) {
      return Optional.of(
          Finding.error(where, "is %s, the plan makes %s".formatted(tensor.info(), move.target())));
    }
    AtomicLong at = new AtomicLong();
    AtomicLong mismatch = new AtomicLong(-1);
    try {
      merged
          .orElseThrow()
          .output(move, source.tensors())
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
                  .formatted(mismatch.get(), sources)));
    }
    computed.add(tensor.name());
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
      return differs(where, mismatch, sourceName);
    }
    identical.add(tensor.name());
    renamed += sourceName.equals(tensor.name()) ? 0 : 1;
    return Optional.empty();
  }

  private Optional<Finding> compareParts(String where, TensorView tensor, TensorMove move) {
    if (!tensor.info().equals(move.target())) {
      return Optional.of(
          Finding.error(where, "is %s, the plan makes %s".formatted(tensor.info(), move.target())));
    }
    long at = 0;
    for (MemorySegment piece : move.pieces(source.tensors())) {
      long mismatch = tensor.bytes().asSlice(at, piece.byteSize()).mismatch(piece);
      if (mismatch >= 0) {
        return differs(where, at + mismatch, move.source().name());
      }
      at += piece.byteSize();
    }
    changed.add(tensor.name());
    return Optional.empty();
  }

  private static Optional<Finding> differs(String where, long at, String sourceName) {
    return Optional.of(
        Finding.error(
            where,
            "differs from %s of the source at byte %d".formatted(Quoted.of(sourceName), at)));
  }

  /** What concerns the output as a whole, once all tensors have been compared. */
  List<Finding> whole(Path output) {
    List<Finding> all = new ArrayList<>(findings);
    moves.keySet().stream()
        .filter(name -> !manifest.tensors().containsKey(name))
        .sorted()
        .forEach(name ->
            all.add(Finding.error(Quoted.of(name), "the plan makes it, but it is missing")));
    Manifest.FileEntry config = manifest.files().get(CONFIG);
    if (configHash.isPresent() && (config == null || !config.sha256().equals(configHash.get()))) {
      all.add(Finding.error(CONFIG, "is not the config of the source with the plan's counts"));
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
