package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.safetensors.Quoted;
import io.moetool.formats.safetensors.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Compares an index with the shards it names and reports all disagreements at once. Libraries read
 * such checkpoints without complaint and fill what they miss with random numbers.
 */
final class IndexCheck {
  private static final int SHOWN = 5;

  private final List<String> problems = new ArrayList<>();
  private final Map<String, String> shardOf = new HashMap<>();

  private IndexCheck() {}

  /** Checks {@code shards}, by the file name that the index uses. */
  static void require(
      Path indexFile, CheckpointIndex index, SequencedMap<String, SafetensorsFile> shards) {
    IndexCheck check = new IndexCheck();
    shards.forEach((name, shard) -> check.shard(name, shard, index));
    index.weightMap().forEach(check::entry);
    check.report(indexFile);
  }

  private void shard(String shardName, SafetensorsFile shard, CheckpointIndex index) {
    for (String tensor : shard.names()) {
      String earlier = shardOf.putIfAbsent(tensor, shardName);
      if (earlier != null) {
        add("tensor %s is in both %s and %s", tensor, earlier, shardName);
      }
      if (!index.weightMap().containsKey(tensor)) {
        add("tensor %s is in %s but not in the index", tensor, shardName);
      }
    }
  }

  private void entry(String tensor, String shardName) {
    String actual = shardOf.get(tensor);
    if (actual == null) {
      add("tensor %s is not in %s", tensor, shardName);
    } else if (!actual.equals(shardName)) {
      add("tensor %s is not in %s but in %s", tensor, shardName, actual);
    }
  }

  private void add(String sentence, String tensor, String... files) {
    List<String> names = new ArrayList<>(List.of(Quoted.of(tensor)));
    for (String file : files) {
      names.add(Quoted.of(file));
    }
    problems.add(sentence.formatted(names.toArray()));
  }

  private void report(Path indexFile) {
    if (problems.isEmpty()) {
      return;
    }
    String shown = String.join("; ", problems.subList(0, Math.min(SHOWN, problems.size())));
    String more = problems.size() > SHOWN ? "; and %d more".formatted(problems.size() - SHOWN) : "";
    throw new BadInputException(
        indexFile.toString(),
        "does not fit its shards: " + shown + more,
        "download the checkpoint again, or write it again with its own tool");
  }
}
