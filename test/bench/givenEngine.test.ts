// An engine the bench is given: only with living processes, so that nothing it costs goes uncounted.
import { describe, expect, test } from '@jest/globals';
import { givenEngine } from '../../bench/givenEngine.js';

const [mine, parent] = [process.pid, process.ppid];
const address = '127.0.0.1:7233';

describe('an engine the bench is given', () => {
  test('is taken with its address and both of its processes', () => {
    const env = { TEMPORAL_ADDRESS: address, L2C_BENCH_ENGINE_PIDS: `${mine},${parent}` };
    const pids = { engine: mine, engineDb: parent };
    expect(givenEngine(env)).toEqual({ address, namespace: 'default', pids });
    expect(givenEngine({ ...env, TEMPORAL_NAMESPACE: 'sales' })?.namespace).toBe('sales');
  });

  test('is passed over when only its address is known', () => {
    expect(givenEngine({ TEMPORAL_ADDRESS: address })).toBeUndefined();
  });

  test.each([
    [`${mine}`],
    [`${mine},`],
    [`${mine},${parent},${mine}`],
    [`${mine},0`],
    [`${mine},1.5`],
    [`${mine},postgres`],
    [`${mine},99999999`],
  ])('is refused with the processes %s', (pids) => {
    const env = { TEMPORAL_ADDRESS: address, L2C_BENCH_ENGINE_PIDS: pids };
    expect(() => givenEngine(env)).toThrow(
      `L2C_BENCH_ENGINE_PIDS=${pids} does not name two living processes`,
    );
  });

  test('is refused without an address', () => {
    expect(() => givenEngine({ L2C_BENCH_ENGINE_PIDS: `${mine},${parent}` })).toThrow(
      'needs TEMPORAL_ADDRESS',
    );
  });
});
