/**
 * This machine's clock within one invocation, in milliseconds since 1970. It goes on when somebody sets the clock back: a claim that is written
 * afterwards would expire while its request is under way. `steadyMs` counts from any point and never back; where it stands still, as in an instance
 * that is frozen with its machine, the clock tells how much time went by.
 */
export function steadyNow(clockMs: () => number, steadyMs: () => number): () => number {
  let [clock, steady] = [clockMs(), steadyMs()];
  let now = clock;
  return () => {
    const [clockThen, steadyThen] = [clock, steady];
    [clock, steady] = [clockMs(), steadyMs()];
    now += Math.max(clock - clockThen, steady - steadyThen);
    return now;
  };
}
