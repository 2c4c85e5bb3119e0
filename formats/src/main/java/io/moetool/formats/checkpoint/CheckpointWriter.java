package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.publish.DiskSpace;
import io.moetool.formats.publish.OutputTarget;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.StagedFolder;
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

/**
 * Writes a complete checkpoint folder, or nothing. Weights stream through; memory does not grow
 * with the model.
 */
public final class CheckpointWriter {
  private final StagedFolder staged;
  private final WriteProgress progress;
  private final long total;
  private final List<WrittenFile> written = new ArrayList<>();
  private long done;

  private CheckpointWriter(StagedFolder staged, WriteProgress progress, long total) {
    this.staged = staged;
    this.progress = progress;
    this.total = total;
  }

  /**
   * Writes {@code content} to the new folder {@code out}.
   *
   * @param sources folders or files the content comes from; {@code out} may not lie inside one
   * @param manifest asked once everything else is written
   * @param progress told bytes of weights files
   * @return the files written, in the order they were written; last the manifest itself
   * @throws BadInputException if {@code out} exists, lies in a source or is being written already
   * @throws EnvironmentException if the disk has no room or refuses
   */
  public static List<WrittenFile> write(
      Path out,
      List<Path> sources,
      CheckpointContent content,
      ManifestMaker manifest,
      WriteProgress progress) {
    OutputTarget.check(out, sources);
    DiskSpace.require(out, content.diskBytes());
    try (StagedFolder staged = StagedFolder.create(out, sources)) {
      CheckpointWriter writer = new CheckpointWriter(staged, progress, content.weightBytes());
      writer.write(content, manifest);
      staged.commit();
      return List.copyOf(writer.written);
    }
  }

  private void write(CheckpointContent content, ManifestMaker manifest) {
    List<String> names = ShardNames.of(content.shards().size());
    Map<String, String> weightMap = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      writeShard(name, content.shards().get(i));
      content.shards().get(i).forEach(tensor -> weightMap.put(tensor.info().name(), name));
    }
    content.files().forEach(this::copy);
    writeText(CheckpointContent.CONFIG_FILE, content.configJson());
    if (names.size() > 1) {
      writeText(CheckpointIndex.FILE, IndexText.of(content.tensorBytes(), weightMap));
    }
    writeText(Manifest.FILE, manifest.make(List.copyOf(written)).toJson());
  }

  private void writeShard(String name, List<OutputTensor> tensors) {
    long before = done;
    WrittenFile file =
        SafetensorsWriter.write(
            staged.path().resolve(name),
            tensors,
            (bytes, ofShard) -> progress.written(before + bytes, total));
    done += file.bytes();
    written.add(file);
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
    written.add(new WrittenFile(name, Files.size(file), Sha256.of(file), Map.of()));
  }
}
