// After all tests: waits until the servers are gone, so that Jest never ends before its children.
import { rmSync } from 'node:fs';

export default async function globalTeardown() {
  const { l2cTestStack } = globalThis;
  if (l2cTestStack === undefined) return;
  await l2cTestStack.stack?.stop();
  rmSync(l2cTestStack.stateDir, { recursive: true, force: true });
}
