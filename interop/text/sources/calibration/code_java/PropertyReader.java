package org.example.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads sections of {@code name = value} pairs. Lines that start with {@code #} or {@code ;} are
 * comments, and a line such as {@code [server]} begins a new section.
 */
public class PropertyReader
{
    /** Thrown when the input cannot be parsed. */
    public static class ParseException extends IOException
    {
        private static final long serialVersionUID = 1L;

        protected final int _lineNumber;

        public ParseException(String msg, int lineNumber) {
            super(msg + " (at line " + lineNumber + ")");
            _lineNumber = lineNumber;
        }

        public int getLineNumber() {
            return _lineNumber;
        }
    }

    protected final BufferedReader _reader;

    protected final Map<String, Map<String, String>> _sections;

    protected int _lineNumber;

    /*
    /**********************************************************
    /* Life-cycle
    /**********************************************************
     */

    public PropertyReader(Reader r) {
        _reader = (r instanceof BufferedReader) ? (BufferedReader) r : new BufferedReader(r);
        _sections = new LinkedHashMap<String, Map<String, String>>();
    }

    /*
    /**********************************************************
    /* Public API
    /**********************************************************
     */

    /**
     * Method for reading all of the input.
     *
     * @return Sections in the order in which they were found; never null
     *
     * @throws IOException if there is a problem with the underlying reader,
     *   or if the content is not valid
     */
    public Map<String, Map<String, String>> readAll() throws IOException
    {
        Map<String, String> current = _section("");
        String line;

        while ((line = _reader.readLine()) != null) {
            ++_lineNumber;
            line = line.trim();
            if (line.isEmpty() || _isComment(line)) {
                continue;
            }
            if (line.charAt(0) == '[') {
                current = _section(_parseSectionName(line));
                continue;
            }
            _parsePair(line, current);
        }
        return Collections.unmodifiableMap(_sections);
    }

    /*
    /**********************************************************
    /* Helper methods
    /**********************************************************
     */

    protected boolean _isComment(String line) {
        final char c = line.charAt(0);
        return (c == '#') || (c == ';');
    }

    protected String _parseSectionName(String line) throws ParseException
    {
        final int end = line.length() - 1;
        if (line.charAt(end) != ']') {
            throw new ParseException("Missing closing bracket of section name", _lineNumber);
        }
        final String name = line.substring(1, end).trim();
        if (name.isEmpty()) {
            throw new ParseException("Empty section name", _lineNumber);
        }
        return name;
    }

    protected void _parsePair(String line, Map<String, String> section) throws ParseException
    {
        final int ix = line.indexOf('=');
        // a name alone might mean "true" one day; until then it is an error
        if (ix < 0) {
            throw new ParseException("Expected '=' after name '" + line + "'", _lineNumber);
        }
        final String name = line.substring(0, ix).trim();
        final String value = _unquote(line.substring(ix + 1).trim());
        if (section.put(name, value) != null) {
            throw new ParseException("Duplicate name '" + name + "'", _lineNumber);
        }
    }

    protected String _unquote(String value)
    {
        final int len = value.length();
        if (len > 1 && value.charAt(0) == '"' && value.charAt(len - 1) == '"') {
            return value.substring(1, len - 1);
        }
        return value;
    }

    private Map<String, String> _section(String name)
    {
        Map<String, String> section = _sections.get(name);
        if (section == null) {
            section = new LinkedHashMap<String, String>();
            _sections.put(name, section);
        }
        return section;
    }
}
