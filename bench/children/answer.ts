// The child's side of bench/child.ts: answers its parent's questions, and ends when nobody asks any more.

type Ops = Readonly<Record<string, (args: never) => unknown>>;

interface Question {
  readonly id: number;
  readonly op: string;
  readonly args: never;
}

/** Answers questions by `ops`; `close` is asked last. Without a parent nothing is left to do. */
export function answerParent(ops: Ops): void {
  process.on('message', ({ id, op, args }: Question) => {
    void answer(ops, op, args).then((reply) => process.connected && process.send?.({ id, ...reply }));
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole group; the parent stops its children in their order.
  process.on('SIGINT', () => undefined);
}

async function answer(ops: Ops, op: string, args: never): Promise<{ result: unknown } | { error: string }> {
  try {
    const work = ops[op];
    if (work === undefined) throw new RangeError(`nobody answers ${op} here`);
    return { result: await work(args) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
