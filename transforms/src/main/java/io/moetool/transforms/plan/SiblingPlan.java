package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import io.moetool.transforms.SourceModel;
import java.util.Optional;

/**
 * A plan carried over to another form of the model it was made for, such as a quantised one. They
 * are the same model if type, layers and experts agree and their routers have the same values: a
 * quantisation leaves those alone, and they say which expert is which.
 */
public final class SiblingPlan {
  private SiblingPlan() {}

  /**
   * The plan for a sibling; the plan itself if it was made for this checkpoint.
   *
   * @param where names the plan in messages
   * @throws BadInputException if this is another model, or nothing tells
   */
  public static Plan of(String where, Plan plan, SourceModel sibling) {
    if (plan.source().fingerprint().equals(sibling.fingerprint())) {
      return plan;
    }
    Optional<String> routers = RouterValues.hash(sibling.architecture(), sibling.tensors());
    if (plan.source().routers().isEmpty() || routers.isEmpty()) {
      throw new BadInputException(
          where,
          "whether this is another form of the same model cannot be told: the routers %s are packed"
              .formatted(routers.isEmpty() ? "of this one" : "of the one it was made for"),
          "make a plan for this checkpoint");
    }
    Plan moved =
        plan.forSource(
            new Plan.Source(
                sibling.fingerprint(),
                plan.source().modelType(),
                routers,
                Optional.of(plan.source().sibling().orElse(plan.source().fingerprint()))),
            plan.forecast());
    PlanCheck.require(where, moved, sibling.architecture(), sibling.fingerprint());
    if (!routers.equals(plan.source().routers())) {
      throw new BadInputException(
          where,
          "this is not another form of the model it was made for: the routers have other values",
          "make a plan for this checkpoint");
    }
    return moved.forSource(
        moved.source(), PlanForecast.of(sibling.architecture(), sibling.tensors(), moved.places()));
  }
}
