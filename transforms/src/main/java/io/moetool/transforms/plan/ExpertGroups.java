package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.MoeBlock;
import io.moetool.formats.family.RouterSpec;

/**
 * The equal, contiguous groups that a router divides experts into. They have to stay equal:
 * dropping more from one group than from another would move experts across the borders of groups.
 *
 * @param count number of groups, 1 where the router has none
 * @param used groups that a token's experts may come from
 * @param size experts per group before any go
 */
record ExpertGroups(int count, int used, int size) {
  /** A group is ranked by its two best experts. */
  private static final int SMALLEST = 2;

  static ExpertGroups of(MoeBlock moe) {
    RouterSpec.Groups groups =
        moe.routing() instanceof RouterSpec.TopScores top ? top.groups() : RouterSpec.Groups.NONE;
    return new ExpertGroups(groups.count(), groups.keep(), moe.experts() / groups.count());
  }

  /** Whether so many experts make equal groups that can serve a token. */
  boolean accepts(int expertsAfter, int expertsPerToken) {
    return count == 1
        || (expertsAfter % count == 0 && expertsAfter / count >= smallest(expertsPerToken));
  }

  private int smallest(int expertsPerToken) {
    return Math.max(SMALLEST, Math.ceilDiv(expertsPerToken, used));
  }

  int groupOf(int expert) {
    return expert / size;
  }

  /**
   * Passes if so many experts make equal groups that can serve a token.
   *
   * @throws BadInputException otherwise, naming the smallest count that does
   */
  void require(String where, int expertsAfter, int expertsPerToken) {
    if (!accepts(expertsAfter, expertsPerToken)) {
      int smallest = smallest(expertsPerToken);
      throw new BadInputException(
          where,
          "%d experts cannot be %d equal groups of at least %d"
              .formatted(expertsAfter, count, smallest),
          "keep a multiple of %d, at least %d".formatted(count, count * smallest));
    }
  }
}
