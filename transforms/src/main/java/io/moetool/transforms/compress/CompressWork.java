package io.moetool.transforms.compress;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorStore;
import io.moetool.formats.checkpoint.CheckpointContent;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.Manifest.Origin;
import io.moetool.formats.checkpoint.ShardPacking;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.TensorEdit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;

/** A plan that has passed all checks, spelled out as the content of the new folder. */
final class CompressWork {
  private final SourceModel source;
  private final CompressPlan plan;
  private final Map<String, TensorEdit> edits = new HashMap<>();
  private final CheckpointContent content;

  CompressWork(
      SourceModel source, FamilyCatalog families, CompressPlan plan, OptionalLong shardBytes) {
    this.source = source;
    this.plan = plan;
    List<List<OutputTensor>> shards = new ArrayList<>();
    for (TensorStore shard : source.tensors().shards().values()) {
      List<TensorEdit> ofShard = plan.edits(source, shard);
      ofShard.forEach(edit -> edits.put(edit.target().name(), edit));
      shards.add(ofShard.stream().map(edit -> edit.output(shard)).toList());
    }
    if (shardBytes.isPresent()) {
      List<OutputTensor> all = shards.stream().flatMap(List::stream).toList();
      shards = ShardPacking.greedy(all, shardBytes.getAsLong());
    }
    content =
        new CheckpointContent(
            shards,
            plan.config(source, families),
            CompressedCard.text(source, plan),
            CheckpointFiles.of(source.tensors().folder()));
  }

  CheckpointContent content() {
    return content;
  }

  Origin originOf(String target) {
    TensorEdit edit = Objects.requireNonNull(edits.get(target), target);
    String from = edit.source().name();
    return edit.isWhole() ? Origin.copyOf(from) : Origin.madeFrom(List.of(from));
  }

  CompressPreview preview() {
    int copied = (int) edits.values().stream().filter(TensorEdit::isWhole).count();
    return new CompressPreview(
        source.tensors().tensorBytes(),
        content.tensorBytes(),
        content.diskBytes(),
        source.architecture().moe().experts(),
        source.architecture().moe().experts(),
        source.architecture().moe().routing().expertsPerToken(),
        plan.expertsPerTokenAfter(source),
        source.architecture().moe().expertWidth(),
        plan.widthAfter(source),
        copied,
        edits.size() - copied,
        content.shards().size());
  }
}
