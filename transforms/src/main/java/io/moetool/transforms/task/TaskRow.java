package io.moetool.transforms.task;

import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A row of a task file, in the form that a published data set has, told by its keys. Prompts are
 * those of the EleutherAI evaluation harness, so that scores can be compared.
 *
 * <ul>
 *   <li>ARC: {@code question}, {@code choices {text, label}}, {@code answerKey}
 *   <li>HellaSwag: {@code ctx} (or {@code ctx_a}, {@code ctx_b}), {@code endings}, {@code label},
 *       optionally {@code activity_label}
 *   <li>MMLU: {@code question}, {@code choices}, {@code answer} (index or letter), optionally
 *       {@code subject}
 *   <li>any other choice: {@code query}, {@code choices}, {@code gold} (index)
 *   <li>GSM8K: {@code question}, {@code answer} with {@code #### NUMBER}
 *   <li>any other text: {@code prompt}, {@code answer}
 * </ul>
 */
final class TaskRow {
  private static final String FORMS =
      "known rows: question+choices{text,label}+answerKey (ARC), ctx+endings+label (HellaSwag),"
          + " question+choices+answer (MMLU), query+choices+gold, question+answer with \"#### N\""
          + " (GSM8K), prompt+answer";

  /** Marks of the captions that HellaSwag's texts are taken from. */
  private static final Pattern BRACKETED = Pattern.compile("\\[.*?]");

  private final String where;
  private final ObjectNode row;

  private TaskRow(String where, ObjectNode row) {
    this.where = where;
    this.row = row;
  }

  /**
   * The question of a row.
   *
   * @param where names the row in messages
   * @throws BadInputException if it has none of the known forms
   */
  static TaskItem item(String where, ObjectNode row) {
    TaskRow reader = new TaskRow(where, row);
    JsonNode choices = row.path("choices");
    if (row.has("endings")) {
      return reader.hellaSwag();
    }
    if (choices.isObject()) {
      return reader.arc(choices);
    }
    if (choices.isArray() && row.has("query")) {
      return reader.choice(
          reader.text("query"), reader.texts("choices", choices), reader.index("gold"));
    }
    if (choices.isArray()) {
      return reader.mmlu(reader.texts("choices", choices));
    }
    return row.has("prompt")
        ? new TaskItem.Open(reader.text("prompt"), reader.text("answer"), AnswerMatching.LINE)
        : reader.gsm8k();
  }

  private TaskItem arc(JsonNode choices) {
    List<String> texts = texts("choices.text", choices.path("text"));
    List<String> labels = texts("choices.label", choices.path("label"));
    int right = labels.indexOf(text("answerKey"));
    if (labels.size() != texts.size() || right < 0) {
      throw bad("its answerKey is none of the %d labels".formatted(labels.size()));
    }
    return choice("Question: " + text("question") + "\nAnswer:", texts, right);
  }

  private TaskItem hellaSwag() {
    String context =
        row.has("ctx_a") && row.has("ctx_b")
            ? text("ctx_a") + " " + capitalised(text("ctx_b"))
            : text("ctx");
    String prompt = row.has("activity_label") ? text("activity_label") + ": " + context : context;
    List<String> endings =
        texts("endings", row.path("endings")).stream().map(TaskRow::withoutMarks).toList();
    return choice(withoutMarks(prompt), endings, index("label"));
  }

  private TaskItem mmlu(List<String> choices) {
    if (choices.size() > 26) {
      throw bad("its %d choices are more than there are letters".formatted(choices.size()));
    }
    JsonNode answer = row.path("answer");
    int right =
        answer.isString() && answer.stringValue().matches("[A-Z]")
            ? answer.stringValue().charAt(0) - 'A'
            : index("answer");
    List<String> letters =
        IntStream.range(0, choices.size())
            .mapToObj(choice -> String.valueOf((char) ('A' + choice)))
            .toList();
    String listed =
        IntStream.range(0, choices.size())
            .mapToObj(choice -> letters.get(choice) + ". " + choices.get(choice) + "\n")
            .collect(Collectors.joining());
    return choice(text("question").strip() + "\n" + listed + "Answer:", letters, right);
  }

  private TaskItem gsm8k() {
    if (!row.has("question")) {
      throw bad("its keys are those of no known task: " + row.propertyNames());
    }
    String answer = text("answer");
    if (!answer.contains(AnswerMatching.RESULT) || AnswerMatching.number(answer).isEmpty()) {
      throw bad("its answer does not end in \"#### NUMBER\"");
    }
    return new TaskItem.Open(
        "Question: " + text("question") + "\nAnswer:", answer, AnswerMatching.NUMBER);
  }

  private TaskItem choice(String prompt, List<String> choices, int right) {
    if (choices.size() < 2) {
      throw bad("there is nothing to choose from");
    }
    if (right < 0 || right >= choices.size()) {
      throw bad("the right answer is number %d of %d".formatted(right, choices.size()));
    }
    return new TaskItem.Choice(prompt, choices, right);
  }

  private String text(String key) {
    JsonNode text = row.path(key);
    if (!text.isString()) {
      throw bad("\"%s\" is no string".formatted(key));
    }
    return text.stringValue();
  }

  private List<String> texts(String key, JsonNode array) {
    List<String> texts = new ArrayList<>();
    for (JsonNode text : array) {
      if (!text.isString() || text.stringValue().isBlank()) {
        throw bad("\"%s\" holds something else than texts".formatted(key));
      }
      texts.add(text.stringValue());
    }
    if (texts.isEmpty()) {
      throw bad("\"%s\" is no list of texts".formatted(key));
    }
    return texts;
  }

  /** A whole number, also one that is written as a string. */
  private int index(String key) {
    JsonNode index = row.path(key);
    if (index.isIntegralNumber() && index.canConvertToInt()) {
      return index.intValue();
    }
    if (index.isString() && index.stringValue().matches("\\d{1,6}")) {
      return Integer.parseInt(index.stringValue());
    }
    throw bad("\"%s\" does not say which choice is right".formatted(key));
  }

  private static String capitalised(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  private static String withoutMarks(String text) {
    String sentences = text.strip().replace(" [title]", ". ");
    return BRACKETED.matcher(sentences).replaceAll("").replace("  ", " ");
  }

  private BadInputException bad(String what) {
    return new BadInputException(where, what, FORMS);
  }
}
