package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.publish.DiskSpace;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.OutputTarget;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.StagedFolder;
import io.moetool.formats.publish.WriteBuffers;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import io.moetool.formats.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a complete checkpoint folder, or nothing. Weights stream through; memory does not grow
 * with the model.
 */
public final class CheckpointWriter {
  private final StagedFolder staged;
  private final CheckpointContent content;
  private final List<ShardLayout> shards;
  private final WriteProgress progress;
  private final long total;
  private final List<WrittenFile> written = new ArrayList<>();
  private long done;

  private CheckpointWriter(
      StagedFolder staged,
      CheckpointContent content,
      List<ShardLayout> shards,
      WriteProgress progress) {
    this.staged = staged;
    this.content = content;
    this.shards = shards;
    this.progress = progress;
    this.total = content.weightBytes();
  }

  /**
   * Writes {@code content} to the new folder {@code out}. If the run is ended, or fails, after a
   * weights file is complete, what is complete stays beside {@code out} for another run to go on
   * with.
   *
   * @param sources folders and files the content comes from; {@code out} may not lie inside one,
   *     and a run cannot be continued when the files have changed
   * @param leftover what to do with what an ended run has left; to resume is to begin if it has
   *     left nothing, and to do nothing if it was ended after {@code out} had appeared
   * @param manifest asked with no files for what is to be done, and once everything else is written
   * @param progress told bytes of weights files
   * @return the files written, in the order they were written; last the manifest itself
   * @throws BadInputException if {@code out} exists, lies in a source or is being written already,
   *     or if an ended run has left something that is refused or cannot be continued
   * @throws EnvironmentException if the disk has no room or refuses
   */
  public static List<WrittenFile> write(
      Path out,
      List<Path> sources,
      Leftover leftover,
      CheckpointContent content,
      ManifestMaker manifest,
      WriteProgress progress) {
    List<ShardLayout> shards = ShardLayout.of(content.shards());
    Manifest work = manifest.make(List.of());
    if (leftover == Leftover.RESUME) {
      Optional<List<WrittenFile>> complete = CompleteOutput.of(out, work, shards);
      if (complete.isPresent()) {
        StagedFolder.discardLeftover(out);
        return complete.get();
      }
    }
    OutputTarget.check(out, sources);
    try (StagedFolder staged = StagedFolder.create(out, sources, leftover)) {
      StagedShards finished =
          StagedShards.of(staged, WorkIdentity.of(work, shards, sources), shards, progress);
      DiskSpace.require(out, content.diskBytes() - finished.bytes());
      CheckpointWriter writer = new CheckpointWriter(staged, content, shards, progress);
      try {
        writer.write(finished, manifest);
        staged.commit();
      } catch (EnvironmentException e) {
        throw finished.mend().map(e::orElse).orElse(e);
      } catch (BadInputException e) {
        throw finished.mend().map(e::orElse).orElse(e);
      }
      return List.copyOf(writer.written);
    }
  }

  private void write(StagedShards finished, ManifestMaker manifest) {
    Map<String, String> weightMap = writeShards(finished);
    content.files().forEach(this::copy);
    writeText(FrontMatter.MODEL_CARD, content.modelCard());
    writeText(CheckpointContent.CONFIG_FILE, content.configJson());
    if (shards.size() > 1) {
      writeText(CheckpointIndex.FILE, IndexText.of(content.tensorBytes(), weightMap));
    }
    writeText(Manifest.FILE, manifest.make(List.copyOf(written)).toJson());
  }

  /** Gives the file of every tensor. */
  private Map<String, String> writeShards(StagedShards finished) {
    done = finished.bytes();
    Map<String, String> weightMap = new LinkedHashMap<>();
    try (WriteBuffers buffers = new WriteBuffers()) {
      for (int i = 0; i < shards.size(); i++) {
        String name = shards.get(i).name();
        List<OutputTensor> tensors = content.shards().get(i);
        tensors.forEach(tensor -> weightMap.put(tensor.info().name(), name));
        Optional<WrittenFile> earlier = finished.finished(name);
        if (earlier.isPresent()) {
          written.add(earlier.get());
        } else {
          WrittenFile file = writeShard(name, tensors, buffers);
          finished.add(file);
          written.add(file);
        }
      }
    }
    return weightMap;
  }

  private WrittenFile writeShard(String name, List<OutputTensor> tensors, WriteBuffers buffers) {
    long before = done;
    WrittenFile file =
        SafetensorsWriter.write(
            staged.path().resolve(name),
            tensors,
            buffers,
            (bytes, ofShard) -> progress.written(before + bytes, total));
    done += file.bytes();
    return file;
  }

  private void copy(CopiedFile file) {
    Path target = staged.path().resolve(file.name());
    // Through a stream: the copy gets usual permissions, also when the original is read-only.
    try (InputStream in = Files.newInputStream(file.source())) {
      Files.createDirectories(target.getParent());
      Files.copy(in, target);
      add(file.name(), target);
    } catch (IOException e) {
      throw new EnvironmentException(
          target.toString(),
          "cannot be copied from %s: %s".formatted(file.source(), e),
          "check the disk",
          e);
    }
  }

  private void writeText(String name, String text) {
    Path target = staged.path().resolve(name);
    try {
      Files.write(target, text.getBytes(StandardCharsets.UTF_8));
      add(name, target);
    } catch (IOException e) {
      throw new EnvironmentException(
          target.toString(), "cannot be written: " + e, "check the disk", e);
    }
  }

  private void add(String name, Path file) throws IOException {
    // The index comes last, also when the power is cut.
    staged.force(file);
    written.add(new WrittenFile(name, Files.size(file), Sha256.of(file), Map.of()));
  }
}
