package io.dispatcher.hazelcast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which of two parts of a cluster goes where the other one is. */
class PartTest {

  private static final UUID ONE = new UUID(0, 1);
  private static final UUID TWO = new UUID(0, 2);

  private static Part minority(long era, int stores, UUID id) {
    return new Part(era, false, false, stores, id, true);
  }

  private static Part open(long era, UUID id) {
    return new Part(era, true, true, 2, id, true);
  }

  private static Part forming(long era, UUID id) {
    return new Part(era, false, true, 2, id, true);
  }

  @Test
  void whoever_has_a_majority_stays() {
    assertFalse(open(1, ONE).yieldsTo(open(9, TWO)));
    assertFalse(forming(1, ONE).yieldsTo(minority(9, 1, TWO)));
  }

  @Test
  void a_minority_goes_to_a_majority_once_that_one_has_moved_on() {
    assertTrue(minority(3, 1, ONE).yieldsTo(open(4, TWO)));
    assertFalse(minority(3, 1, ONE).yieldsTo(open(3, TWO)));
    assertTrue(minority(3, 1, ONE).yieldsTo(forming(3, TWO)));
  }

  @Test
  void without_any_majority_the_later_era_stays_then_the_larger_part() {
    assertTrue(minority(3, 2, ONE).yieldsTo(minority(4, 1, TWO)));
    assertFalse(minority(4, 1, ONE).yieldsTo(minority(3, 2, TWO)));
    assertTrue(minority(3, 1, TWO).yieldsTo(minority(3, 2, ONE)));
    assertFalse(minority(3, 2, TWO).yieldsTo(minority(3, 1, ONE)));
  }

  @Test
  void a_node_without_store_goes_where_a_store_is() {
    assertTrue(minority(9, 0, ONE).yieldsTo(minority(3, 1, TWO)));
    assertFalse(minority(3, 1, ONE).yieldsTo(minority(9, 0, TWO)));
    assertFalse(minority(3, 0, ONE).yieldsTo(minority(9, 0, TWO)));
  }

  @Test
  void only_the_member_that_lets_others_in_is_followed() {
    assertFalse(minority(3, 1, ONE).yieldsTo(new Part(4, true, true, 2, TWO, false)));
  }

  @Test
  void two_parts_never_go_to_each_other_and_of_two_without_majority_one_goes() {
    List<Part> all = new ArrayList<>();
    for (UUID id : List.of(ONE, TWO)) {
      for (long era = 0; era < 3; era++) {
        for (int stores = 0; stores < 3; stores++) {
          all.add(minority(era, stores, id));
        }
        all.add(open(era, id));
        all.add(forming(era, id));
      }
    }
    for (Part one : all) {
      for (Part other : all) {
        boolean goes = one.yieldsTo(other);
        assertFalse(goes && other.yieldsTo(one), () -> one + " and " + other);
        if (!one.id().equals(other.id())
            && !one.quorate()
            && !other.quorate()
            && one.stores() + other.stores() > 0) {
          assertTrue(goes || other.yieldsTo(one), () -> one + " and " + other);
        }
      }
    }
  }

  @Test
  void it_travels_as_it_is() {
    for (Part part : List.of(open(7, ONE), forming(8, TWO), minority(9, 1, UUID.randomUUID()))) {
      assertEquals(part, Part.of(part.toLongs()));
    }
  }
}
