package io.moetool.transforms.verify;

import io.moetool.formats.family.Finding;
import java.util.List;
import java.util.Optional;

/**
 * What re-reading an output showed. Components are the keys of the JSON document.
 *
 * @param output the folder
 * @param files files whose hashes were compared
 * @param tensors tensors whose hashes were compared
 * @param bytes bytes of these files
 * @param source how the tensors relate to the source; empty if none was given
 * @param findings what was noticed, in the order of the manifest
 * @param passed whether no finding is an error
 * @param seconds time it took
 */
public record Verification(
    String output,
    int files,
    int tensors,
    long bytes,
    Optional<SourceComparison> source,
    List<Finding> findings,
    boolean passed,
    double seconds) {
  public Verification {
    findings = List.copyOf(findings);
  }

  /**
   * How the tensors of an output relate to its source, byte by byte.
   *
   * @param identical tensors whose bytes are those of one tensor of the source
   * @param renamed of these, tensors that have another name there
   * @param changed tensors that are exactly the parts of the source that the plan keeps, sorted
   * @param computed tensors that hold merged experts and were computed again with the same bytes,
   *     sorted
   * @param fitted tensors that hold projections fitted on data, which the source alone does not
   *     give again: of these, name, type, shape and hash were compared, sorted
   * @param unproven all other tensors of the output, sorted
   */
  public record SourceComparison(
      int identical,
      int renamed,
      List<String> changed,
      List<String> computed,
      List<String> fitted,
      List<String> unproven) {
    public SourceComparison {
      changed = List.copyOf(changed);
      computed = List.copyOf(computed);
      fitted = List.copyOf(fitted);
      unproven = List.copyOf(unproven);
    }
  }
}
