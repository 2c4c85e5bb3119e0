package io.moetool.transforms.plan;

/**
 * What is asked of a plan.
 *
 * @param target what is to be left
 * @param multipleOf what the number of experts that stay is to be a multiple of; 1 for any
 * @param budget how what may stay is divided among the layers; without effect on a {@link
 *     Target.Listed}
 * @param protection experts that stay whatever their score
 */
public record PlanRequest(Target target, int multipleOf, Budget budget, Protection protection) {
  /** So much is to be left, the same in every layer, and nobody is protected. */
  public static PlanRequest of(Target target) {
    return new PlanRequest(target, 1, new Budget.Uniform(), Protection.NONE);
  }

  /** The same with protected experts. */
  public PlanRequest protecting(Protection experts) {
    return new PlanRequest(target, multipleOf, budget, experts);
  }

  /** The same with a number of experts that is a multiple. */
  public PlanRequest withMultipleOf(int factor) {
    return new PlanRequest(target, factor, budget, protection);
  }

  /** The same with another division among layers. */
  public PlanRequest dividedBy(Budget other) {
    return new PlanRequest(target, multipleOf, other, protection);
  }

  /** Whether layers may come to keep different numbers of experts. */
  boolean mayBeUneven() {
    return target instanceof Target.Listed listed
        ? listed.experts().stream().distinct().count() > 1
        : !(budget instanceof Budget.Uniform);
  }

  /** The division among layers in words. */
  String budgetText() {
    return target instanceof Target.Listed ? "counts by layer" : "budget " + budget;
  }

  /** The target in words. */
  String targetText() {
    return multipleOf == 1 ? target.toString() : target + ", a multiple of " + multipleOf;
  }
}
