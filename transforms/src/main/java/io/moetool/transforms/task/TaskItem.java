package io.moetool.transforms.task;

import java.util.List;

/** One question of a task. */
public sealed interface TaskItem {
  /** What the model reads before it answers. */
  String prompt();

  /** The right answer as a text that follows the prompt. */
  String rightText();

  /** This question after others that are answered already. */
  TaskItem after(String shots);

  /**
   * A question that is answered by the most likely of some texts.
   *
   * @param prompt what comes before each of them
   * @param choices at least two texts; white space that separates them from the prompt is in
   *     neither
   * @param right index of the right one
   */
  record Choice(String prompt, List<String> choices, int right) implements TaskItem {
    public Choice {
      choices = List.copyOf(choices);
    }

    /** A choice as it follows the prompt. */
    String text(int choice) {
      return separated(prompt, choices.get(choice));
    }

    @Override
    public String rightText() {
      return text(right);
    }

    @Override
    public TaskItem after(String shots) {
      return new Choice(shots + prompt, choices, right);
    }
  }

  /**
   * A question that is answered by going on with its prompt.
   *
   * @param prompt what the model goes on with
   * @param answer a right answer in full
   * @param matching what of it must be found
   */
  record Open(String prompt, String answer, AnswerMatching matching) implements TaskItem {
    @Override
    public String rightText() {
      return separated(prompt, answer);
    }

    @Override
    public TaskItem after(String shots) {
      return new Open(shots + prompt, answer, matching);
    }
  }

  /** With a space in front where neither the prompt's end nor the text's beginning has one. */
  private static String separated(String prompt, String text) {
    boolean apart =
        prompt.isEmpty()
            || Character.isWhitespace(prompt.charAt(prompt.length() - 1))
            || text.isEmpty()
            || Character.isWhitespace(text.charAt(0));
    return apart ? text : " " + text;
  }
}
