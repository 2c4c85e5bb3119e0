package io.moetool.transforms.plan;

/**
 * What is asked of a plan.
 *
 * @param target how many experts are to stay
 * @param protection experts that stay whatever their score
 */
public record PlanRequest(Target target, Protection protection) {
  /** So many are to stay, and nobody is protected. */
  public static PlanRequest of(Target target) {
    return new PlanRequest(target, Protection.NONE);
  }

  /** The same with protected experts. */
  public PlanRequest protecting(Protection experts) {
    return new PlanRequest(target, experts);
  }
}
