package io.moetool.formats.checkpoint;

import io.moetool.formats.publish.Sha256;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What has to be the same for one run to go on where another was ended, by names for people. A
 * fingerprint does not see all bytes of a model, so size and time of the source's files belong to
 * it.
 */
final class WorkIdentity {
  private WorkIdentity() {}

  /**
   * The identity of an output.
   *
   * @param manifest that it will have, apart from files and tensors
   * @param sources folders, which do not count, and files that the tensors come from
   */
  static Map<String, String> of(Manifest manifest, List<ShardLayout> shards, List<Path> sources) {
    Map<String, String> work = new LinkedHashMap<>();
    work.put("version of moetool", manifest.tool().version());
    work.put("source", manifest.source().fingerprint());
    work.put("plan", "sha256:" + Sha256.of(manifest.plan().toString()));
    work.put("distribution over files, see --shard-size,", "sha256:" + ShardLayout.digest(shards));
    work.put("state of the source's files", "sha256:" + SourceState.of(sources));
    return work;
  }
}
