package io.moetool.transforms.prune;

import io.moetool.formats.OutputTensor;
import io.moetool.formats.TensorStore;
import io.moetool.formats.checkpoint.CheckpointContent;
import io.moetool.formats.checkpoint.CheckpointFiles;
import io.moetool.formats.checkpoint.Manifest.Origin;
import io.moetool.formats.checkpoint.ShardPacking;
import io.moetool.formats.json.Json;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.ExpertsElsewhere;
import io.moetool.transforms.layout.PrunedConfig;
import io.moetool.transforms.layout.PrunedTensors;
import io.moetool.transforms.layout.ScaledElements;
import io.moetool.transforms.layout.TensorMove;
import io.moetool.transforms.merge.MergedTensors;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanCheck;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import tools.jackson.databind.node.ObjectNode;

/** A plan that has passed all checks, spelled out as the content of the new folder. */
final class PruneWork {
  private final SourceModel source;
  private final Plan plan;
  private final Map<String, TensorMove> moves = new HashMap<>();
  private final MergedTensors merged;
  private final CheckpointContent content;

  private PruneWork(
      SourceModel source, Plan plan, OptionalLong shardBytes, String toolVersion, WorkPool pool) {
    this.source = source;
    this.plan = plan;
    this.merged = new MergedTensors(source, plan, pool);
    PrunedTensors pruned = new PrunedTensors(source.architecture(), plan.places());
    List<List<OutputTensor>> shards = new ArrayList<>();
    for (TensorStore shard : source.tensors().shards().values()) {
      List<TensorMove> stay = pruned.of(shard);
      stay.forEach(move -> moves.put(move.target().name(), move));
      shards.add(stay.stream().map(move -> merged.output(move, shard)).toList());
    }
    if (shardBytes.isPresent()) {
      List<OutputTensor> all = shards.stream().flatMap(List::stream).toList();
      shards = ShardPacking.greedy(all, shardBytes.getAsLong());
    }
    content =
        new CheckpointContent(
            shards,
            PrunedConfig.text(source, plan.expertsStored(), plan.places()),
            new ModelCard(source, plan, shardBytes, toolVersion).text(),
            CheckpointFiles.of(source.tensors().folder()));
  }

  /** Checks plan and source, then lays out the result; reads headers only. */
  static PruneWork prepare(
      SourceModel source,
      String where,
      Plan plan,
      OptionalLong shardBytes,
      String toolVersion,
      WorkPool pool) {
    PlanCheck.require(where, plan, source.architecture(), source.fingerprint());
    SoundCheckpoint.require(source.architecture(), source.tensors());
    if (plan.repair().isPresent()) {
      ScaledElements.require(source.architecture(), source.tensors());
    }
    ExpertsElsewhere.refuse(
        source.tensors().folder().toString(), source.architecture(), source.tensors());
    return new PruneWork(source, plan, shardBytes, toolVersion, pool);
  }

  CheckpointContent content() {
    return content;
  }

  PrunePreview preview() {
    int copied =
        (int)
            moves.values().stream()
                .filter(move -> move.isWhole() && !merged.isComputed(move))
                .count();
    return new PrunePreview(
        source.tensors().tensorBytes(),
        content.tensorBytes(),
        content.diskBytes(),
        plan.expertsBefore(),
        plan.expertsStored(),
        copied,
        moves.size() - copied,
        source.tensors().names().size() - moves.size(),
        content.shards().size());
  }

  ObjectNode planDocument() {
    return (ObjectNode) Json.tree(plan);
  }

  Origin originOf(String target) {
    TensorMove move = moves.get(target);
    if (move == null) {
      throw new IllegalArgumentException(target + " was not written");
    }
    if (merged.isComputed(move)) {
      return Origin.madeFrom(merged.sources(move));
    }
    String from = move.source().name();
    return move.isWhole() ? Origin.copyOf(from) : Origin.madeFrom(List.of(from));
  }
}
