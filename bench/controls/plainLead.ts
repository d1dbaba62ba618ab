// K1's workflow, as a first program for Temporal has it: a signal for each call, a normal activity for each
// step, a time-out for each wait.
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

export interface PlainInput {
  readonly tag: string;
  /** The activities each call leads to, by name. */
  readonly steps: Readonly<Record<string, readonly string[]>>;
  /** The call after which nothing is left to do. */
  readonly last: string;
}

export interface PlainStep {
  readonly tag: string;
  readonly call: string;
  readonly index: number;
}

export const told = defineSignal<[string]>('told');

const activities = proxyActivities<Record<string, (step: PlainStep) => Promise<void>>>({
  startToCloseTimeout: '10s',
});

export async function plainLead({ tag, steps, last }: PlainInput): Promise<string> {
  const inbox: string[] = [];
  setHandler(told, (call) => {
    inbox.push(call);
  });
  for (;;) {
    if (!(await condition(() => inbox.length > 0, '30 days'))) return 'forgotten';
    const call = inbox.shift() as string;
    for (const [index, step] of (steps[call] ?? []).entries()) await activities[step]?.({ tag, call, index });
    if (call === last) return 'won';
  }
}
