package io.moetool.maven;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.maven.plugin.MojoFailureException;

/** Holds a plan against the hash of the one that somebody approved. */
final class PlanApproval {
  private PlanApproval() {}

  /**
   * Fails where the plan is not the approved one.
   *
   * @param approved SHA-256 in hexadecimal
   */
  static void require(Path plan, String approved) throws IOException, MojoFailureException {
    String actual = Fingerprint.ofContent(plan);
    if (!actual.equals(approved.strip().toLowerCase(Locale.ROOT))) {
      throw new MojoFailureException(
          "%s is not the approved plan: its SHA-256 is %s, approvedPlan is %s; review it, then set approvedPlan to its hash"
              .formatted(plan, actual, approved.strip()));
    }
  }
}
