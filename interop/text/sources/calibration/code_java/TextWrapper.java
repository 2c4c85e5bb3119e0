package org.example.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Wraps lines of text at word boundaries.
 *
 * <p>Words that are longer than the width are either kept whole, on a line of their own, or are
 * broken, depending on {@link Builder#breakLongWords(boolean)}.</p>
 *
 * <pre>
 * TextWrapper.builder().width(20).indent("  ").build().wrap("one two three");
 * </pre>
 */
public final class TextWrapper {

    /** Builds instances of {@link TextWrapper}. */
    public static final class Builder {
        private int width = 72;
        private String indent = "";
        private boolean breakLongWords;

        private Builder() {
            // use TextWrapper.builder()
        }

        /**
         * Sets the greatest length of a line.
         *
         * @param newWidth the width, values less than 1 are treated as 1
         * @return this builder
         */
        public Builder width(final int newWidth) {
            this.width = Math.max(1, newWidth);
            return this;
        }

        /**
         * Sets the string that is put before every line except the first.
         *
         * @param newIndent the indent, {@code null} is treated as an empty string
         * @return this builder
         */
        public Builder indent(final String newIndent) {
            this.indent = newIndent == null ? "" : newIndent;
            return this;
        }

        public Builder breakLongWords(final boolean newValue) {
            this.breakLongWords = newValue;
            return this;
        }

        public TextWrapper build() {
            return new TextWrapper(this);
        }
    }

    private final int width;
    private final String indent;
    private final boolean breakLongWords;

    private TextWrapper(final Builder builder) {
        this.width = builder.width;
        this.indent = builder.indent;
        this.breakLongWords = builder.breakLongWords;
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Wraps a single paragraph. White space between the words is collapsed to one space.
     *
     * @param str the text to wrap, may be null
     * @return the lines without line separators, never null
     */
    public List<String> wrap(final String str) {
        final List<String> lines = new ArrayList<>();
        if (str == null || str.isEmpty()) {
            return lines;
        }
        final StringBuilder line = new StringBuilder(width);
        for (String word : str.trim().split("\\s+")) {
            if (line.length() > 0 && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
                line.append(indent);
            } else if (line.length() > 0) {
                line.append(' ');
            }
            while (breakLongWords && line.length() + word.length() > width) {
                final int room = Math.max(1, width - line.length());
                lines.add(line.append(word, 0, room).toString());
                word = word.substring(room);
                line.setLength(0);
                line.append(indent);
            }
            line.append(word);
        }
        if (line.length() > 0) {
            lines.add(line.toString());
        }
        return lines;
    }

    /**
     * Wraps a text of many paragraphs, which are set apart by empty lines.
     *
     * @param text  the text to wrap, not null
     * @param lineSeparator  what to write at the end of each line but the last
     * @return the wrapped text
     */
    public String wrapParagraphs(final String text, final String lineSeparator) {
        final StringBuilder out = new StringBuilder(text.length());
        for (final String paragraph : text.split("\\n\\s*\\n")) {
            if (out.length() > 0) {
                out.append(lineSeparator).append(lineSeparator);
            }
            out.append(String.join(lineSeparator, wrap(paragraph)));
        }
        return out.toString();
    }
}
