package io.moetool.transforms.compress;

import io.moetool.formats.checkpoint.CheckpointContent;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.Manifest.Origin;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.PlannedTensors;
import java.util.OptionalLong;

/** A plan that has passed all checks, spelled out as the content of the new folder. */
final class CompressWork {
  private final SourceModel source;
  private final CompressPlan plan;
  private final PlannedTensors tensors;
  private final CheckpointContent content;

  CompressWork(
      SourceModel source, FamilyCatalog families, CompressPlan plan, OptionalLong shardBytes) {
    this.source = source;
    this.plan = plan;
    this.tensors = plan.tensors(source);
    content =
        new CheckpointContent(
            tensors.shards(shardBytes),
            plan.config(source, families),
            CompressedCard.text(source, plan),
            CheckpointFiles.of(source.tensors().folder()));
  }

  CheckpointContent content() {
    return content;
  }

  Origin originOf(String target) {
    return tensors.originOf(target);
  }

  CompressPreview preview() {
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
        tensors.copied(),
        tensors.count() - tensors.copied(),
        content.shards().size());
  }
}
