package io.moetool.transforms.verify;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.TensorView;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.Finding;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.Quoted;
import io.moetool.formats.safetensors.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Compares all hashes. File after file, one thread hashes the file while another hashes its
 * tensors, so that the disk is read once.
 */
final class HashCheck {
  private final Path output;
  private final Manifest manifest;
  private final @Nullable CheckpointStore tensors;
  private final @Nullable SourceProof proof;
  private final WriteProgress progress;
  private final long total;
  private final Set<String> seen = new HashSet<>();
  private long done;

  HashCheck(
      Path output,
      Manifest manifest,
      @Nullable CheckpointStore tensors,
      @Nullable SourceProof proof,
      WriteProgress progress) {
    this.output = output;
    this.manifest = manifest;
    this.tensors = tensors;
    this.proof = proof;
    this.progress = progress;
    this.total = manifest.files().values().stream().mapToLong(Manifest.FileEntry::bytes).sum();
  }

  /** Tensors whose hashes were compared. */
  int tensors() {
    return seen.size();
  }

  List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      for (Map.Entry<String, Manifest.FileEntry> file : manifest.files().entrySet()) {
        Future<List<Finding>> whole =
            pool.submit(() ->
                OutputFiles.compare(output, file.getKey(), file.getValue()).stream().toList());
        Future<List<Finding>> parts = pool.submit(() -> tensorsOf(file.getKey()));
        findings.addAll(result(whole));
        findings.addAll(result(parts));
        advance(file.getValue().bytes());
      }
    }
    if (tensors != null) {
      manifest.tensors().keySet().stream()
          .filter(name -> !seen.contains(name))
          .map(name -> Finding.error(Quoted.of(name), "is missing"))
          .forEach(findings::add);
    }
    return findings;
  }

  private void advance(long bytes) {
    done += bytes;
    progress.written(done, total);
  }

  private List<Finding> tensorsOf(String file) {
    SafetensorsFile shard = tensors == null ? null : tensors.shards().get(file);
    if (shard == null) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    long before = done;
    long read = 0;
    for (String name : shard.names()) {
      TensorView tensor = shard.view(name);
      compare(file, tensor, findings);
      read += tensor.bytes().byteSize();
      progress.written(before + read, total);
    }
    return findings;
  }

  private void compare(String file, TensorView tensor, List<Finding> findings) {
    seen.add(tensor.name());
    String where = "%s, %s".formatted(Quoted.of(file), Quoted.of(tensor.name()));
    Manifest.TensorEntry entry = manifest.tensors().get(tensor.name());
    if (entry == null) {
      findings.add(Finding.error(where, "is not in the manifest"));
      return;
    }
    if (!entry.file().equals(file)) {
      findings.add(Finding.error(where, "was written to " + Quoted.of(entry.file())));
    }
    String hash = Sha256.of(tensor.bytes());
    if (!hash.equals(entry.sha256())) {
      findings.add(
          Finding.error(
              where, "has changed: SHA-256 is %s, %s was written".formatted(hash, entry.sha256())));
    }
    if (proof != null) {
      proof.compare(where, tensor, entry).ifPresent(findings::add);
    }
  }

  private List<Finding> result(Future<List<Finding>> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof InternalError) {
        // How the JVM reports that a page of a mapped file could not be read.
        throw new EnvironmentException(
            output.toString(),
            "a file could not be read to the end",
            "check the disk, and that nothing changes the files meanwhile",
            e);
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading", e);
    }
  }
}
