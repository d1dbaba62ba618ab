// The lead's one timer. It is armed to the earliest of its waits and named after it, so that an operator who
// reads the history sees what the lead waits for; one timer instead of one per wait saves events.
import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';

export interface Alarm {
  /** Arms the timer for a real instant (epoch ms) or, with `undefined`, takes it away. */
  set(at: number | undefined, what?: string): void;
}

/** `ring` is called once when an armed instant has come. */
export function makeAlarm(ring: () => void): Alarm {
  let armed: { at: number; scope: CancellationScope } | undefined;
  return {
    set(at, what = 'wait') {
      if (armed?.at === at) return;
      armed?.scope.cancel();
      armed = undefined;
      if (at === undefined) return;
      const mine = { at, scope: new CancellationScope() };
      armed = mine;
      mine.scope
        .run(() => sleep(Math.max(1, at - Date.now()), { summary: what }))
        .then(
          () => {
            if (armed !== mine) return;
            armed = undefined;
            ring();
          },
          (error: unknown) => {
            if (!isCancellation(error)) throw error;
          },
        );
    },
  };
}

/** Waits until something is over, at most until a real instant, under a timer named after what it waits for. */
export async function waitUntil(isOver: () => boolean, at: number, what: string): Promise<void> {
  let hasRung = false;
  const alarm = makeAlarm(() => {
    hasRung = true;
  });
  alarm.set(at, what);
  await condition(() => hasRung || isOver());
  alarm.set(undefined);
}
