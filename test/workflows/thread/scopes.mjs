// A workflow that looks whether it still stands in its own cancellation scope after each kind of await, and one
// whose condition is met before its time-out: the SDK then cancels the scope it finds.
import { CancellationScope, condition, sleep } from '@temporalio/workflow';

export async function scopes() {
  const kept = await CancellationScope.cancellable(async () => {
    const mine = CancellationScope.current();
    const isMine = () => CancellationScope.current() === mine;
    const seen = [isMine()];
    await Promise.resolve();
    seen.push(isMine());
    await sleep(1);
    seen.push(isMine());
    await Promise.all([sleep(1), sleep(1)]);
    seen.push(isMine());
    return seen;
  });
  let isOver = false;
  void sleep(1).then(() => {
    isOver = true;
  });
  return { kept, met: await condition(() => isOver, 60_000) };
}
