package io.moetool.formats.family;

/**
 * How router logits become selected experts and coefficients. A description, without the numbers of
 * a layer: the same value serves every layer of a family, before and after pruning.
 */
public sealed interface RouterSpec {

  /** Experts a token uses, K. */
  int expertsPerToken();

  /** What the coefficients multiply. */
  AppliesTo appliesTo();

  /**
   * Whether removing an expert that a token does not choose leaves the token's choice and
   * coefficients as they are. Raw softmax weights grow, because the removed expert's share leaves
   * the denominator; where a bias is added to softmax scores, or groups are ranked by their
   * experts, the choice itself may change; a sparse mixer's shares count experts near the chosen
   * one.
   */
  boolean isInvariantUnderRemoval();

  /**
   * Softmax over all experts, then the {@code k} largest; OLMoE and Qwen2-MoE as it is, Mixtral and
   * Qwen3-MoE with {@code renormalise}.
   */
  static TopScores softmaxThenTopK(int k, boolean renormalise) {
    return of(k, Score.SOFTMAX, renormalise ? new Weighting.Sum() : new Weighting.Plain());
  }

  /** The {@code k} largest logits, then softmax over those; gpt-oss, Granite, JetMoE. */
  static TopScores topKThenSoftmax(int k) {
    return of(k, Score.IDENTITY, new Weighting.SoftmaxOverSelected());
  }

  /** The {@code k} largest logits, whose sigmoid scales the expert's input; Llama-4. */
  static TopScores topKThenSigmoidOnInput(int k) {
    return of(k, Score.IDENTITY, new Weighting.SigmoidOfSelected()).withAppliesTo(AppliesTo.INPUT);
  }

  /**
   * Sigmoid scores, chosen with a selection bias, divided by their sum + 1e-20; DeepSeek-V3,
   * GLM-4-MoE and relatives, which add groups and a scale.
   */
  static TopScores biasedSigmoidTopK(int k) {
    return of(k, Score.SIGMOID, new Weighting.SumPlus(1e-20f)).withSelectionBias(true);
  }

  private static TopScores of(int k, Score score, Weighting weighting) {
    return new TopScores(k, score, false, Groups.NONE, weighting, 1, AppliesTo.OUTPUT);
  }

  /**
   * Experts are ranked by a score, the best {@code expertsPerToken} are taken and weighted.
   *
   * @param expertsPerToken K
   * @param score what a logit is turned into
   * @param selectionBias whether a bias per expert is added to the scores for choosing (never for
   *     weighing)
   * @param groups groups of experts that are ruled out as a whole before choosing
   * @param weighting how selected scores become coefficients
   * @param scale factor on every coefficient, the last step
   * @param appliesTo what the coefficients multiply
   */
  record TopScores(
      int expertsPerToken,
      Score score,
      boolean selectionBias,
      Groups groups,
      Weighting weighting,
      float scale,
      AppliesTo appliesTo)
      implements RouterSpec {
    public TopScores {
      if (expertsPerToken < 1) {
        throw new IllegalArgumentException("experts per token is " + expertsPerToken);
      }
      if (!Float.isFinite(scale)) {
        throw new IllegalArgumentException("scale is " + scale);
      }
      if (score == Score.IDENTITY && !weighting.readsLogits()) {
        throw new IllegalArgumentException(
            "logits as scores give no coefficients under " + weighting);
      }
    }

    @Override
    public boolean isInvariantUnderRemoval() {
      boolean sameShares =
          score != Score.SOFTMAX || (!selectionBias && !(weighting instanceof Weighting.Plain));
      return sameShares && groups.keep() == groups.count();
    }

    /** This description with or without a selection bias. */
    public TopScores withSelectionBias(boolean biased) {
      return new TopScores(expertsPerToken, score, biased, groups, weighting, scale, appliesTo);
    }

    /** This description with another number of experts per token. */
    public TopScores withExpertsPerToken(int other) {
      return new TopScores(other, score, selectionBias, groups, weighting, scale, appliesTo);
    }

    /** This description with other groups. */
    public TopScores withGroups(Groups other) {
      return new TopScores(
          expertsPerToken, score, selectionBias, other, weighting, scale, appliesTo);
    }

    /** This description with another weighting. */
    public TopScores withWeighting(Weighting other) {
      return new TopScores(expertsPerToken, score, selectionBias, groups, other, scale, appliesTo);
    }

    /** This description with another factor on the coefficients. */
    public TopScores withScale(float other) {
      return new TopScores(
          expertsPerToken, score, selectionBias, groups, weighting, other, appliesTo);
    }

    /** This description with coefficients that multiply something else. */
    public TopScores withAppliesTo(AppliesTo other) {
      return new TopScores(expertsPerToken, score, selectionBias, groups, weighting, scale, other);
    }
  }

  /**
   * Phi-3.5-MoE at inference: the two largest logits; each coefficient is the expert's softmax
   * among the logits near it, and the two are not normalised to each other (arXiv 2409.12136).
   *
   * @param jitter ε: a logit {@code z} counts as near the largest one {@code m} while {@code (m -
   *     z) / max(|z|, m) <= 2 ε}; despite its name in config files it is used at inference too
   */
  record SparseMixer(float jitter) implements RouterSpec {
    public SparseMixer {
      if (!(jitter >= 0 && jitter < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("jitter is " + jitter);
      }
    }

    @Override
    public int expertsPerToken() {
      return 2;
    }

    @Override
    public AppliesTo appliesTo() {
      return AppliesTo.OUTPUT;
    }

    @Override
    public boolean isInvariantUnderRemoval() {
      return false;
    }
  }

  /** What a router logit z is turned into. */
  enum Score {
    /** Softmax over all experts. */
    SOFTMAX,
    /** 1 / (1 + exp(-z)). */
    SIGMOID,
    /** sqrt(log(1 + exp(z))). */
    SQRT_SOFTPLUS,
    /** z. */
    IDENTITY
  }

  /** What a coefficient multiplies. */
  enum AppliesTo {
    /** The expert's output. */
    OUTPUT,
    /** The expert's input; the output is then added as it is. */
    INPUT
  }

  /**
   * Equal, contiguous groups of experts, of which only the best take part in the selection.
   *
   * @param count number of groups; the expert count is a multiple of it
   * @param keep groups that take part
   * @param score how a group is ranked, by its experts' scores with selection bias
   * @param fill what the score of an expert in any other group becomes
   */
  record Groups(int count, int keep, GroupScore score, Fill fill) {
    /** All experts in one group. */
    public static final Groups NONE = new Groups(1, 1, GroupScore.MAX, Fill.NEGATIVE_INFINITY);

    public Groups {
      if (count < 1 || keep < 1 || keep > count) {
        throw new IllegalArgumentException("keep %d of %d groups".formatted(keep, count));
      }
    }
  }

  /** How a group is ranked. */
  enum GroupScore {
    /** Its largest score (DeepSeek-V2). */
    MAX,
    /** The sum of its two largest scores (DeepSeek-V3). */
    TOP2_SUM
  }

  /** What takes the place of scores in groups that do not take part. */
  enum Fill {
    /** Zero, which beats a negative score in a group that does take part. */
    ZERO,
    /** Negative infinity: never chosen. */
    NEGATIVE_INFINITY
  }

  /** How selected scores become coefficients; never from biased scores. */
  sealed interface Weighting {
    /** Whether coefficients come from the selected logits instead of the selected scores. */
    default boolean readsLogits() {
      return false;
    }

    /** The score. */
    record Plain() implements Weighting {}

    /** The score divided by the sum of the selected scores. */
    record Sum() implements Weighting {}

    /**
     * The score divided by (sum of the selected scores + epsilon).
     *
     * @param epsilon 1e-20 in DeepSeek-V3 and its relatives, 1e-6 in others
     */
    record SumPlus(float epsilon) implements Weighting {
      public SumPlus {
        requirePositive("epsilon", epsilon);
      }
    }

    /**
     * The score divided by max(sum of the selected scores, minimum).
     *
     * @param minimum 1e-12 in ERNIE-4.5-MoE
     */
    record ClampedSum(float minimum) implements Weighting {
      public ClampedSum {
        requirePositive("minimum", minimum);
      }
    }

    /** Softmax over the K selected logits. */
    record SoftmaxOverSelected() implements Weighting {
      @Override
      public boolean readsLogits() {
        return true;
      }
    }

    /** Sigmoid of the selected logit. */
    record SigmoidOfSelected() implements Weighting {
      @Override
      public boolean readsLogits() {
        return true;
      }
    }

    private static void requirePositive(String name, float value) {
      if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(name + " is " + value);
      }
    }
  }
}
