import { expect, test } from '@jest/globals';
import type { ReadyEvent } from '../../cli/start.js';
import { readyText } from '../../cli/words.js';

const READY: ReadyEvent = {
  step: 'ready',
  status: 'done',
  ms: 1,
  detail: 'serving',
  api: 'http://127.0.0.1:3000',
  docs: 'http://127.0.0.1:3000/docs',
  ui: 'http://127.0.0.1:8233',
  engine: '127.0.0.1:7233',
  stateDir: '/srv/l2c',
  log: '/srv/l2c/log/l2c.log',
  adminKey: null,
  keys: [
    { name: 'Ana Ruiz', roles: ['rep', 'payee'], key: 'k-ana' },
    { name: 'Ben Okafor', roles: ['rep'], key: 'k-ben' },
    { name: 'Carla Ferrer', roles: ['manager'], key: 'k-carla' },
  ],
};

test('a start ends with lines to paste: the API and the first person of each role', () => {
  const exported = readyText(READY, 'en').match(/export .*/g);
  expect(exported).toEqual([
    'export API=http://127.0.0.1:3000',
    'export REP=k-ana',
    'export MANAGER=k-carla',
  ]);
});

test('it names the engine beside its user interface', () => {
  expect(readyText(READY, 'en')).toMatch(
    /Temporal UI +http:\/\/127\.0\.0\.1:8233\n +Temporal server +127\.0\.0\.1:7233/,
  );
});

test('it says the same in Spanish', () => {
  expect(readyText(READY, 'es')).toContain('En servicio a velocidad real');
  expect(readyText(READY, 'es')).toContain('export REP=k-ana');
});

test('without a sample there is nothing to paste', () => {
  expect(readyText({ ...READY, keys: [] }, 'en')).not.toContain('export');
});
