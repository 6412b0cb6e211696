package io.dispatcher.client;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object as a front answers it, so that clients need no library for it. Reads what is well
 * formed; members that are absent, null or of another type are not there.
 */
final class JsonObject {
  private static final int MAX_DEPTH = 32;

  private final Map<String, Object> members;

  private JsonObject(Map<String, Object> members) {
    this.members = members;
  }

  /**
   * Reads one object in UTF-8.
   *
   * @throws IllegalArgumentException if it is none; tells where
   */
  static JsonObject of(byte[] json) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not UTF-8", e);
    }
    Parser parser = new Parser(text);
    Object value = parser.value(0);
    parser.end();
    if (value instanceof JsonObject object) {
      return object;
    }
    throw new IllegalArgumentException("no JSON object");
  }

  @Nullable String text(String name) {
    return members.get(name) instanceof String text ? text : null;
  }

  String text(String name, String other) {
    String text = text(name);
    return text == null ? other : text;
  }

  int number(String name, int other) {
    return members.get(name) instanceof Double number ? number.intValue() : other;
  }

  double decimal(String name) {
    return members.get(name) instanceof Double number ? number : 0;
  }

  boolean flag(String name) {
    return members.get(name) instanceof Boolean flag && flag;
  }

  @Nullable JsonObject object(String name) {
    return members.get(name) instanceof JsonObject object ? object : null;
  }

  /** The objects in an array; what else is in it is left out. */
  List<JsonObject> objects(String name) {
    List<JsonObject> objects = new ArrayList<>();
    if (members.get(name) instanceof List<?> list) {
      for (Object element : list) {
        if (element instanceof JsonObject object) {
          objects.add(object);
        }
      }
    }
    return objects;
  }

  private static final class Parser {
    private static final Object NULL = new Object();

    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    Object value(int depth) {
      if (depth > MAX_DEPTH) {
        throw wrong("fewer levels");
      }
      char c = peek();
      return switch (c) {
        case '{' -> object(depth);
        case '[' -> array(depth);
        case '"' -> string();
        case 't' -> word("true", true);
        case 'f' -> word("false", false);
        case 'n' -> word("null", NULL);
        default -> number();
      };
    }

    void end() {
      if (skipBlanks() < text.length()) {
        throw wrong("the end");
      }
    }

    private JsonObject object(int depth) {
      Map<String, Object> members = new LinkedHashMap<>();
      at++;
      if (peek() == '}') {
        at++;
        return new JsonObject(members);
      }
      while (true) {
        if (peek() != '"') {
          throw wrong("a name");
        }
        String name = string();
        expect(':');
        members.put(name, value(depth + 1));
        if (peek() == ',') {
          at++;
        } else {
          expect('}');
          return new JsonObject(members);
        }
      }
    }

    private List<Object> array(int depth) {
      List<Object> elements = new ArrayList<>();
      at++;
      if (peek() == ']') {
        at++;
        return elements;
      }
      while (true) {
        elements.add(value(depth + 1));
        if (peek() == ',') {
          at++;
        } else {
          expect(']');
          return elements;
        }
      }
    }

    private String string() {
      StringBuilder out = new StringBuilder();
      for (at++; at < text.length(); at++) {
        char c = text.charAt(at);
        if (c == '"') {
          at++;
          return out.toString();
        } else if (c == '\\') {
          out.append(escaped());
        } else if (c < ' ') {
          throw wrong("no control character");
        } else {
          out.append(c);
        }
      }
      throw wrong("'\"'");
    }

    private char escaped() {
      at++;
      char c = at < text.length() ? text.charAt(at) : ' ';
      return switch (c) {
        case '"', '\\', '/' -> c;
        case 'b' -> '\b';
        case 'f' -> '\f';
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 't' -> '\t';
        case 'u' -> unit();
        default -> throw wrong("an escape");
      };
    }

    private char unit() {
      int unit = 0;
      for (int i = 1; i <= 4; i++) {
        int digit = at + i < text.length() ? Character.digit(text.charAt(at + i), 16) : -1;
        if (digit < 0) {
          throw wrong("four hexadecimal digits");
        }
        unit = unit * 16 + digit;
      }
      at += 4;
      return (char) unit;
    }

    private Object word(String word, Object value) {
      if (!text.startsWith(word, at)) {
        throw wrong(word);
      }
      at += word.length();
      return value;
    }

    private Double number() {
      int start = at;
      while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      try {
        return Double.valueOf(text.substring(start, at));
      } catch (NumberFormatException e) {
        at = start;
        throw wrong("a value");
      }
    }

    private char peek() {
      if (skipBlanks() == text.length()) {
        throw wrong("more");
      }
      return text.charAt(at);
    }

    private int skipBlanks() {
      while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      return at;
    }

    private void expect(char c) {
      if (peek() != c) {
        throw wrong("'" + c + "'");
      }
      at++;
    }

    private IllegalArgumentException wrong(String expected) {
      return new IllegalArgumentException(
          "malformed JSON at character " + (at + 1) + ": expected " + expected);
    }
  }
}
