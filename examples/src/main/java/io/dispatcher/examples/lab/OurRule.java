package io.dispatcher.examples.lab;

import io.dispatcher.balance.Balancer;
import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Picker;

/**
 * A balancer, as a front of a dispatcher uses it: tasks with keys go by {@code consistent-hash}.
 */
record OurRule(String name) implements Rule {

  @Override
  public Chooser chooser(Members first, Simulation simulation) {
    return new Choice(first, simulation, Balancers.named(name));
  }

  private static final class Choice implements Chooser {

    private final Simulation simulation;
    private final Balancer balancer;
    private final Balancer keyedBalancer = Balancers.consistentHash();
    private final Pick pick;
    private Members members;
    private Picker picker = unused -> -1;
    private Picker keyedPicker = unused -> -1;

    Choice(Members first, Simulation simulation, Balancer balancer) {
      this.members = first;
      this.simulation = simulation;
      this.balancer = balancer;
      this.pick = new Pick(simulation.chance());
    }

    @Override
    public void membersChanged(Members now) {
      members = now;
      picker = balancer.picker(now);
      keyedPicker = keyedBalancer.picker(now);
    }

    @Override
    public int choose(SimTask task) {
      pick.clearSessions();
      if (task.client != null && balancer.asksForSessions()) {
        for (SimSession session : task.client.sessions) {
          int known = members.index(session);
          if (known >= 0) {
            pick.bind(known);
          }
        }
      }
      int i =
          task.key == SimTask.NO_KEY
              ? picker.pick(pick.noKey())
              : keyedPicker.pick(pick.key(simulation.keys().hash(task.key)));
      return i < 0 ? -1 : members.number(i);
    }
  }
}
