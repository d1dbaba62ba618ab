// Workflows that never come back, wherever their code runs: at once, after a wait, in a condition.
import { condition, sleep } from '@temporalio/workflow';

const spin = () => {
  for (;;);
};

export async function atOnce() {
  spin();
}

export async function afterAwait() {
  await sleep(1);
  await Promise.resolve();
  spin();
}

export async function inCondition() {
  let isMet = false;
  void sleep(1).then(() => {
    isMet = true;
  });
  await condition(() => isMet && spin());
}
