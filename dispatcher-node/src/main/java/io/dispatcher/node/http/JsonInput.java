package io.dispatcher.node.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads one JSON document, strictly: UTF-8 only, every name once, no half surrogate pair, no number
 * that is none in 64 bits, and nothing after it. Goes through it token by token.
 */
final class JsonInput implements AutoCloseable {
  private static final int MAX_MESSAGE_CHARS = 200;

  private final char[] text;
  private final boolean escapes;
  private final JsonParser parser;

  /**
   * Begins to read.
   *
   * @throws Refused if the bytes are no UTF-8
   */
  JsonInput(Buffer body) {
    this.text = decoded(body.getBytes());
    this.escapes = hasUnicodeEscape(text);
    try {
      this.parser = Json.FACTORY.createParser(text, 0, text.length);
    } catch (IOException e) {
      throw refused(e);
    }
  }

  private static char[] decoded(byte[] bytes) {
    try {
      CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return Arrays.copyOf(chars.array(), chars.length());
    } catch (CharacterCodingException e) {
      throw new Refused(Problem.malformed("the body is no UTF-8, which JSON must be"));
    }
  }

  private static boolean hasUnicodeEscape(char[] text) {
    for (int i = 0; i + 1 < text.length; i++) {
      if (text[i] == '\\' && text[i + 1] == 'u') {
        return true;
      }
    }
    return false;
  }

  /** Goes to the next token, which has to be there. */
  JsonToken next() {
    try {
      JsonToken token = parser.nextToken();
      if (token == null) {
        throw new Refused(Problem.malformed("the body is no JSON: it ends too early"));
      }
      if (token == JsonToken.FIELD_NAME || token == JsonToken.VALUE_STRING) {
        checkSurrogates(parser.getText());
      } else if (token == JsonToken.VALUE_NUMBER_FLOAT
          && Double.isInfinite(Double.parseDouble(parser.getText()))) {
        throw new Refused(
            Problem.malformed("the body has the number " + Quote.of(parser.getText()) + " in it"));
      }
      return token;
    } catch (IOException e) {
      throw refused(e);
    }
  }

  private void checkSurrogates(String value) {
    if (!escapes) {
      return;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < value.length()
          && Character.isLowSurrogate(value.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw new Refused(
            Problem.malformed("the body has half a surrogate pair in a string, which is no text"));
      }
    }
  }

  JsonToken current() {
    return parser.currentToken();
  }

  /** Name, string or number of the current token, as text. */
  String value() {
    try {
      return parser.getText();
    } catch (IOException e) {
      throw refused(e);
    }
  }

  /** Reads the value that the current token begins, and goes to its last token. */
  void skip() {
    int depth = 0;
    JsonToken token = current();
    while (true) {
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      }
      if (depth == 0) {
        return;
      }
      token = next();
    }
  }

  /** As {@link #skip}; returns the value just as it was sent, in UTF-8. */
  byte[] slice() {
    int from = (int) parser.currentTokenLocation().getCharOffset();
    skip();
    value(); // A string is read to its end only when it is asked for.
    int to = (int) parser.currentLocation().getCharOffset();
    return new String(text, from, to - from).getBytes(StandardCharsets.UTF_8);
  }

  /** Makes sure that nothing follows. */
  void end() {
    try {
      if (parser.nextToken() != null) {
        throw new Refused(Problem.malformed("the body has something behind its JSON value"));
      }
    } catch (IOException e) {
      throw refused(e);
    }
  }

  private static Refused refused(IOException error) {
    String why = error.getMessage();
    if (error instanceof JsonProcessingException json) {
      why =
          json.getOriginalMessage()
              + (json.getLocation() == null
                  ? ""
                  : " at line "
                      + json.getLocation().getLineNr()
                      + ", column "
                      + json.getLocation().getColumnNr());
    }
    String text = why == null ? "unreadable" : why;
    return new Refused(
        Problem.malformed(
            "the body is no JSON: "
                + (text.length() <= MAX_MESSAGE_CHARS
                    ? text
                    : text.substring(0, MAX_MESSAGE_CHARS))));
  }

  @Override
  public void close() {
    try {
      parser.close();
    } catch (IOException e) {
      throw refused(e);
    }
  }
}
