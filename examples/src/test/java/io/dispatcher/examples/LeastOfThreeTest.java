package io.dispatcher.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.dispatcher.balance.Balancer;
import io.dispatcher.balance.BalancerContract;
import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.FakeWorkers;
import io.dispatcher.balance.Pick;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What every balancer must do is in the contract; here is what this one does. */
class LeastOfThreeTest extends BalancerContract {

  @Override
  protected Balancer create() {
    return new LeastOfThree();
  }

  @Test
  void it_is_found_by_its_name() {
    assertInstanceOf(LeastOfThree.class, Balancers.named("least-of-three"));
  }

  @Test
  void most_tasks_go_to_who_has_less_to_do() {
    FakeWorkers workers = FakeWorkers.sized(3).load(0, 9).load(1, 0).load(2, 9);
    Pick pick = new Pick(new SplittableRandom(1));
    int least = 0;
    for (int k = 0; k < 3_000; k++) {
      least += create().picker(workers).pick(pick) == 1 ? 1 : 0;
    }
    // Three draws miss one of three workers in 8 cases of 27.
    assertEquals(3_000 * 19 / 27.0, least, 130);
  }
}
