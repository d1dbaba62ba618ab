import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, maskedConfig, readConfig } from '../config.js';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the settings', () => {
  test('of an empty environment are the defaults: loopback, real speed, nothing external', () => {
    expect(readConfig({})).toEqual({
      database: {},
      temporal: { namespace: 'default', taskQueue: 'lead-to-cash' },
      stateDir: '.l2c',
      host: '127.0.0.1',
      ports: {},
      observe: { host: '127.0.0.1' },
      clockSecondsPerDay: 86_400,
      logLevel: 'info',
      pools: { api: 10, worker: 20 },
      worker: { localActivities: 16, cachedWorkflows: 2_000, stackTraces: false },
      limits: {
        requestsPerMinute: 6_000,
        failedSignInsPerMinute: 60,
        maxEventLoopDelayMs: 1_000,
        maxHeapBytes: 0,
      },
      corsOrigins: [],
      payloadKeys: [],
      codecOrigins: [],
    });
  });

  test('are read from their variables; an empty one is an absent one', () => {
    const config = readConfig({
      DATABASE_URL: 'postgres://owner:pw@db/l2c',
      L2C_APP_DATABASE_URL: 'postgresql://app:pw@db/l2c',
      TEMPORAL_ADDRESS: 'temporal:7233',
      L2C_PORT: '0',
      CLOCK_SECONDS_PER_DAY: '1',
      SMTP_URL: '',
      L2C_JWT_ISSUER: 'https://id.example',
      L2C_JWT_AUDIENCE: 'l2c',
      L2C_JWKS_URL: 'https://id.example/jwks',
      L2C_CORS_ORIGINS: 'https://a.example, http://localhost:5173',
      L2C_MAX_HEAP_MB: '512',
    });
    expect(config).toMatchObject({
      database: { ownerUrl: 'postgres://owner:pw@db/l2c', appUrl: 'postgresql://app:pw@db/l2c' },
      temporal: { address: 'temporal:7233' },
      ports: { api: 0 },
      clockSecondsPerDay: 1,
      jwt: { issuer: 'https://id.example', audience: 'l2c', jwksUrl: 'https://id.example/jwks' },
      corsOrigins: ['https://a.example', 'http://localhost:5173'],
      limits: { maxHeapBytes: 536_870_912 },
    });
    expect(config.smtpUrl).toBeUndefined();
  });

  test.each([
    ['L2C_PORT', '65536', 'L2C_PORT is "65536"; it takes a whole number from 0 to 65535'],
    ['L2C_PORT', '3000x', 'L2C_PORT is "3000x"; it takes a whole number from 0 to 65535'],
    ['L2C_PORT', '-1', 'L2C_PORT is "-1"; it takes a whole number from 0 to 65535'],
    ['L2C_PORT', '1e3', 'L2C_PORT is "1e3"; it takes a whole number from 0 to 65535'],
    ['CLOCK_SECONDS_PER_DAY', '0', 'CLOCK_SECONDS_PER_DAY is "0"; it takes a whole number from 1 to 86400'],
    [
      'CLOCK_SECONDS_PER_DAY',
      '86401',
      'CLOCK_SECONDS_PER_DAY is "86401"; it takes a whole number from 1 to 86400',
    ],
    [
      'LOG_LEVEL',
      'loud',
      'LOG_LEVEL is "loud"; it takes one of fatal, error, warn, info, debug, trace, silent',
    ],
    ['L2C_JWT_ISSUER', 'a', 'L2C_JWT_ISSUER without L2C_JWT_AUDIENCE and L2C_JWKS_URL'],
    ['L2C_CORS_ORIGINS', '*', 'L2C_CORS_ORIGINS names "*"; an origin is https://host[:port]'],
    ['L2C_CODEC_ORIGINS', 'ui', 'L2C_CODEC_ORIGINS names "ui"; an origin is https://host[:port]'],
    [
      'L2C_WORKER_POOL',
      '15',
      'L2C_WORKER_POOL is 15, less than L2C_WORKER_ACTIVITIES (16): steps would wait for connections until they time out',
    ],
  ])('%s=%s is refused by name, value and limit', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([problem]);
  });

  test('an address with a password is refused without showing it', () => {
    const [problem] = problemsOf({ DATABASE_URL: 'mysql://root:hunter2@db/l2c' });
    expect(problem).toContain('DATABASE_URL is "mysql://root:***@db/l2c"');
    expect(problemsOf({ DATABASE_URL: 'hunter2 is my password' })[0]).not.toContain('hunter2');
  });

  describe('keys of payloads', () => {
    const key = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');
    const takes = 'AES-256 takes 32 bytes in base64 (openssl rand -base64 32)';
    const id = 'has no usable id: id:key, the id 1 to 32 letters, digits and . _ -';

    test('are read in their order, and show nothing of themselves', () => {
      const { payloadKeys } = readConfig({ L2C_PAYLOAD_KEYS: `new:${key(32)}, old.1:${key(32)}` });
      expect(payloadKeys.map((entry) => entry.id)).toEqual(['new', 'old.1']);
      expect(payloadKeys[0]?.key.export()).toEqual(Buffer.alloc(32, 7));
      expect(`${inspect(payloadKeys, { depth: 9 })}${JSON.stringify(payloadKeys)}`).not.toContain('BwcH');
    });

    test('only decrypt behind the word plain', () => {
      const { payloadKeys } = readConfig({ L2C_PAYLOAD_KEYS: `plain,a:${key(32)},b:${key(32)}` });
      expect(payloadKeys.map(({ id, readsOnly }) => [id, readsOnly])).toEqual([
        ['a', true],
        ['b', true],
      ]);
    });

    test.each([
      ['plain', 'L2C_PAYLOAD_KEYS is plain alone; leave it out where there is no key'],
      [`plain,k:${key(31)}`, `L2C_PAYLOAD_KEYS entry 2 names the key k, which has 31 bytes; ${takes}`],
      [`k:${key(32)},plain`, `L2C_PAYLOAD_KEYS entry 2 ${id}`],
      [`k:${key(31)}`, `L2C_PAYLOAD_KEYS entry 1 names the key k, which has 31 bytes; ${takes}`],
      [`k:${key(33)}`, `L2C_PAYLOAD_KEYS entry 1 names the key k, which has 33 bytes; ${takes}`],
      [`k:${key(16)}`, `L2C_PAYLOAD_KEYS entry 1 names the key k, which has 16 bytes; ${takes}`],
      ['k:', `L2C_PAYLOAD_KEYS entry 1 names the key k, which has 0 bytes; ${takes}`],
      ['k:hunter2 is short', `L2C_PAYLOAD_KEYS entry 1 names the key k, which is not base64; ${takes}`],
      [key(32), `L2C_PAYLOAD_KEYS entry 1 ${id}`],
      [`${'k'.repeat(33)}:${key(32)}`, `L2C_PAYLOAD_KEYS entry 1 ${id}`],
      [`a b:${key(32)}`, `L2C_PAYLOAD_KEYS entry 1 ${id}`],
      [`k:${key(32)},`, `L2C_PAYLOAD_KEYS entry 2 ${id}`],
      [`k:${key(32)},k:${key(32)}`, 'L2C_PAYLOAD_KEYS entry 2 names the key k a second time'],
      [
        Array.from({ length: 17 }, (_, i) => `k${i}:${key(32)}`).join(','),
        'L2C_PAYLOAD_KEYS names 17 keys; it takes at most 16',
      ],
    ])('%#: what cannot be used is refused without showing it', (setting, problem) => {
      expect(problemsOf({ L2C_PAYLOAD_KEYS: setting })).toEqual([problem]);
    });

    test.each([
      [`new:${key(32)},old:${key(32)}`, 'new:***,old:***'],
      [key(32), '***'],
      [`plain, old:${key(32)}`, 'plain,old:***'],
    ])('are masked but for their ids', (setting, shown) => {
      const row = maskedConfig({ L2C_PAYLOAD_KEYS: setting }).find(({ name }) => name === 'L2C_PAYLOAD_KEYS');
      expect(row?.value).toBe(shown);
    });
  });

  test('all problems are said at once', () => {
    expect(problemsOf({ L2C_PORT: 'x', LOG_LEVEL: 'y', L2C_API_POOL: '0' })).toHaveLength(3);
  });

  test('are shown with secrets masked, and where each came from', () => {
    const shown = maskedConfig({
      DATABASE_URL: 'postgres://owner:hunter2@db/l2c?sslpassword=hunter2',
      SMTP_URL: 'smtp://user:hunter2@mail:587',
      L2C_PORT: '3000',
    });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    const of = (name: string) => shown.find((row) => row.name === name);
    expect(of('DATABASE_URL')?.value).toContain('owner:***@db');
    expect(of('L2C_PORT')).toMatchObject({ value: '3000', from: 'environment' });
    expect(of('LOG_LEVEL')).toMatchObject({ value: 'info', from: 'default' });
    expect(of('TEMPORAL_ADDRESS')).toMatchObject({ value: null, from: 'absent' });
    expect(shown.every((row) => row.description.length > 5)).toBe(true);
  });
});
