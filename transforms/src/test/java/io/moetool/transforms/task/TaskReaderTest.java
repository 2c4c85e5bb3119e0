package io.moetool.transforms.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskReaderTest {
  private static final String QUERY = "{'query':'2+2=','choices':['3','4'],'gold':1}";
  private static final String SUM = "{'question':'1+1?','answer':'One more.\\n#### 2'}";

  @TempDir private Path folder;

  @Test
  void arcSaysTheRightChoiceByItsLabel() throws IOException {
    assertThat(
            only(
                "{'id':'x','question':'Why?','choices':{'text':['so','no'],'label':['1','2']},'answerKey':'2'}"))
        .isEqualTo(new TaskItem.Choice("Question: Why?\nAnswer:", List.of("so", "no"), 1));
  }

  @Test
  void hellaSwagLosesItsCaptionMarks() throws IOException {
    assertThat(
            only(
                "{'activity_label':'Cooking','ctx_a':'A pan [title] Hot.','ctx_b':'the COOK','ctx':'unused','endings':['stirs [step] it.','sleeps.'],'label':'0'}"))
        .isEqualTo(
            new TaskItem.Choice(
                "Cooking: A pan. Hot. The cook", List.of("stirs it.", "sleeps."), 0));
  }

  @Test
  void hellaSwagMayHaveAContextOnly() throws IOException {
    assertThat(only("{'ctx':'A','endings':['b','c'],'label':1}"))
        .isEqualTo(new TaskItem.Choice("A", List.of("b", "c"), 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "'C'"})
  void mmluIsAnsweredByALetter(String answer) throws IOException {
    assertThat(
            only("{'question':' Largest? ','choices':['1','2','3'],'answer':%s}".formatted(answer)))
        .isEqualTo(
            new TaskItem.Choice("Largest?\nA. 1\nB. 2\nC. 3\nAnswer:", List.of("A", "B", "C"), 2));
  }

  @Test
  void anyOtherChoiceIsAskedAsItStands() throws IOException {
    TaskItem item = only(QUERY);

    assertThat(item).isEqualTo(new TaskItem.Choice("2+2=", List.of("3", "4"), 1));
    assertThat(item.rightText()).isEqualTo(" 4");
  }

  @Test
  void gsm8kIsAnsweredByANumber() throws IOException {
    assertThat(only(SUM))
        .isEqualTo(
            new TaskItem.Open(
                "Question: 1+1?\nAnswer:", "One more.\n#### 2", AnswerMatching.NUMBER));
  }

  @Test
  void anyOtherTextIsAnsweredByALine() throws IOException {
    assertThat(only("{'prompt':'Say: ','answer':'so'}"))
        .isEqualTo(new TaskItem.Open("Say: ", "so", AnswerMatching.LINE));
  }

  @Test
  void shotsStandBeforeEveryOtherQuestionAndAreNotAsked() throws IOException {
    Task task = TaskReader.read(file(QUERY, QUERY.replace("2+2", "3+0"), QUERY), 1, 1);

    assertThat(task.items())
        .containsExactly(new TaskItem.Choice("2+2= 4\n\n3+0=", List.of("3", "4"), 1));
    assertThat(task.name()).isEqualTo("sums");
  }

  @Test
  void chanceIsThatOfLots() throws IOException {
    Path file = file(QUERY, "{'query':'q','choices':['a','b','c','d'],'gold':0}");

    assertThat(TaskReader.read(file, 0, 9).chance()).isEqualTo(0.375);
    assertThat(TaskReader.read(file(SUM), 0, 9).chance()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'query':'q','choices':['a','b'],'gold':2}|the right answer is number 2 of 2",
        "{'query':'q','choices':['a','b'],'gold':'b'}|\"gold\" does not say which choice is right",
        "{'query':'q','choices':['a'],'gold':0}|there is nothing to choose from",
        "{'query':'q','choices':['a',7],'gold':0}|\"choices\" holds something else than texts",
        "{'question':'q','choices':{'text':['a','b'],'label':['A','B']},'answerKey':'C'}|its answerKey is none of the 2 labels",
        "{'question':'q','answer':'four'}|its answer does not end in",
        "{'text':'x'}|its keys are those of no known task",
        "{'prompt':7,'answer':'x'}|\"prompt\" is no string",
        "{'query':|Unexpected end-of-input"
      })
  void malformedRowsAreNamed(String row, String message) {
    assertThatThrownBy(() -> only(row))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("sums.jsonl line 1")
        .hasMessageContaining(message);
  }

  @Test
  void aTaskHasOneKindOfRows() {
    assertThatThrownBy(() -> TaskReader.read(file(QUERY, SUM), 0, 9))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("some rows are to be chosen from and some to be written");
  }

  @Test
  void aTaskNeedsAQuestionToAsk() {
    assertThatThrownBy(() -> TaskReader.read(file(QUERY), 1, 9))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("all its 1 rows are shown as examples");
    assertThatThrownBy(() -> TaskReader.read(file(), 0, 9))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("it has no row");
  }

  private TaskItem only(String row) throws IOException {
    return TaskReader.read(file(row), 0, 9).items().getFirst();
  }

  private Path file(String... rows) throws IOException {
    Path file = folder.resolve("sums.jsonl");
    return Files.writeString(file, String.join("\n", rows).replace('\'', '"'));
  }
}
