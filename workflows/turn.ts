// One step at a time per lead, in the order they asked: whoever waits for people never holds the turn.

/** Returns a first-in-first-out lock; a step that throws gives its turn back. */
export function makeTurns(): <T>(step: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return <T>(step: () => Promise<T>): Promise<T> => {
    const mine = tail.then(step);
    tail = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  };
}
