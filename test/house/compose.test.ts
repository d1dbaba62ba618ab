// docker-compose.yml against what the code needs; no docker engine has to run for it.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { engineConnection, maskedConfig, readConfig } from '../../config.js';
import { SERVER_VERSION } from '../../engine/realServerBinaries.js';
import { dynamicConfig, SHARDS, SQL_PLUGIN, STORE, VISIBILITY } from '../../engine/realServerConfig.js';
import { SEARCH_ATTRIBUTES } from '../../engine/temporal.js';
import { commandOf, service, services } from '../support/compose.js';

const settings = new Set(maskedConfig({}).map(({ name }) => name));
/** Variables of the engine's own that its library reads, found by what they do to the connection. */
const isRead = (name: string): boolean =>
  JSON.stringify(engineConnection({ [name]: 'true' })) !== JSON.stringify(engineConnection({}));

describe('docker-compose.yml', () => {
  test('runs each part as a service of its own', () => {
    expect(Object.keys(services).sort()).toEqual(
      [
        'api',
        'database',
        'postgres',
        'schema',
        'temporal',
        'temporal-namespace',
        'temporal-schema',
        'temporal-ui',
        'worker',
      ].sort(),
    );
  });

  test.each(['api', 'worker', 'schema'])('%s only sets variables the product reads', (name) => {
    const known = (variable: string) => settings.has(variable) || variable === 'TZ' || isRead(variable);
    expect(Object.keys(service(name).environment ?? {}).filter((variable) => !known(variable))).toEqual([]);
  });

  test('hands on every setting there is, but for those of servers `npm start` would start', () => {
    const started = ['L2C_TEMPORAL_CLI', 'L2C_POSTGRES_PORT', 'L2C_TEMPORAL_PORT', 'L2C_TEMPORAL_UI_PORT'];
    const handed = new Set(
      ['api', 'worker', 'schema'].flatMap((n) => Object.keys(service(n).environment ?? {})),
    );
    const missing = maskedConfig({}).filter(({ name }) => !handed.has(name));
    expect(missing.map(({ name }) => name)).toEqual(started);
  });

  test('what .env leaves out is empty, and an empty setting is the default', () => {
    for (const name of ['api', 'worker', 'schema']) {
      const environment = Object.entries(service(name).environment ?? {});
      const open = environment.filter(([, value]) => value.startsWith('${') && value.endsWith(':-}'));
      expect(open.length).toBeGreaterThan(15);
      expect(readConfig(Object.fromEntries(open.map(([variable]) => [variable, ''])))).toEqual(
        readConfig({}),
      );
    }
  });

  test.each(['api', 'worker', 'schema'])('%s gets what an engine elsewhere asks for', (name) => {
    const { environment = {} } = service(name);
    const engine = Object.keys(environment).filter(
      (variable) => !settings.has(variable) && variable !== 'TZ',
    );
    expect(engine.sort()).toEqual([
      'TEMPORAL_API_KEY',
      'TEMPORAL_TLS',
      'TEMPORAL_TLS_CLIENT_CERT_DATA',
      'TEMPORAL_TLS_CLIENT_KEY_DATA',
      'TEMPORAL_TLS_SERVER_CA_CERT_DATA',
      'TEMPORAL_TLS_SERVER_NAME',
    ]);
    const address = { TEMPORAL_ADDRESS: 'engine.example.com:7233' };
    const empty = Object.fromEntries(engine.map((variable) => [variable, '']));
    expect(engineConnection({ ...address, ...empty })).toEqual(engineConnection(address));
    // An empty TEMPORAL_TLS is no "no" to the TLS that a key brings, nor an empty key a key.
    const key = { ...address, TEMPORAL_API_KEY: 'k' };
    expect(engineConnection({ ...address, ...empty }).tls).toBeUndefined();
    expect(engineConnection({ ...empty, ...key })).toMatchObject({ apiKey: 'k', tls: true });
  });

  test('the Temporal UI gets what its sign-in and the codec behind it take', () => {
    const asked = ['ENABLED', 'PROVIDER_URL', 'CLIENT_ID', 'CLIENT_SECRET', 'CALLBACK_URL', 'SCOPES'];
    const { environment = {} } = service('temporal-ui');
    for (const name of [...asked.map((ending) => `TEMPORAL_AUTH_${ending}`), 'TEMPORAL_CODEC_ENDPOINT']) {
      expect(environment[name]).toBe(`\${${name}:-}`);
    }
  });

  test('the image is of this release', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const name of ['api', 'worker', 'schema'])
      expect(service(name).image).toBe(`lead-to-cash:${version}`);
  });

  test('the database is of the release that the tests run on', () => {
    const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    const tested = Object.entries<string>(optionalDependencies).filter(([name]) => name.includes('postgres'));
    expect(tested.length).toBeGreaterThan(0);
    for (const [, version] of tested) {
      const [major, minor] = version.split('.');
      for (const name of ['postgres', 'database'])
        expect(service(name).image).toBe(`postgres:${major}.${minor}`);
    }
  });

  test.each([
    ['api', 'dist/api/main.js'],
    ['worker', 'dist/worker/main.js'],
    ['schema', 'db migrate'],
  ])('%s runs %s', (name, command) => {
    expect(commandOf(service(name))).toContain(command);
  });

  test('API and worker run as the role that cannot change the schema; only the schema job owns it', () => {
    for (const name of ['api', 'worker']) {
      expect(service(name).environment).not.toHaveProperty('DATABASE_URL');
      expect(service(name).environment?.L2C_APP_DATABASE_URL).toContain('//l2c_app:');
    }
    expect(service('schema').environment?.DATABASE_URL).toContain('//l2c_owner:');
  });

  test('the engine is the real server that npm run real-server measures, its schema tool of the same release', () => {
    const [major = 0, minor = 0, patch = 0] = SERVER_VERSION.split('.').map(Number);
    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(1_030_003);
    expect(service('temporal')).toMatchObject({
      image: `temporalio/server:${SERVER_VERSION}`,
      environment: {
        DB: SQL_PLUGIN,
        DBNAME: STORE,
        VISIBILITY_DBNAME: VISIBILITY,
        NUM_HISTORY_SHARDS: String(SHARDS),
      },
    });
    for (const job of ['temporal-schema', 'temporal-namespace']) {
      expect(service(job).image).toBe(`temporalio/admin-tools:${SERVER_VERSION}`);
    }
    expect(service('temporal-schema').environment).toMatchObject({ SQL_PLUGIN });
  });

  test('the engine finds a dynamic configuration, without which it does not start, and it is our tuning', () => {
    const { environment, volumes = [] } = service('temporal');
    const [from = '', to = ''] = volumes[0]?.split(':') ?? [];
    const file = environment?.DYNAMIC_CONFIG_FILE_PATH ?? '';
    expect(file.startsWith(`${to}/`)).toBe(true);
    expect(parse(readFileSync(file.replace(to, from), 'utf8'))).toEqual(parse(dynamicConfig()));
  });

  test.each([STORE, VISIBILITY])('the schema of %s is made in the database the engine opens', (database) => {
    const kind = database === STORE ? 'temporal' : 'visibility';
    expect(commandOf(service('temporal-schema'))).toContain(`schema ${database} ${kind}`);
    expect(commandOf(service('database'))).toContain(`base ${database} temporal`);
  });

  test('a job of the engine that fails says so: nothing waits for a half-made one', () => {
    for (const job of ['temporal-schema', 'temporal-namespace']) {
      expect(commandOf(service(job))).not.toContain('|| true');
    }
  });

  test('Postgres is healthy by TCP, where the server that makes its data folder does not listen', () => {
    expect(service('postgres').healthcheck?.test.join(' ')).toContain('-h 127.0.0.1');
  });

  test('the jobs of engine and database come before anybody uses them', () => {
    for (const name of ['api', 'worker']) {
      expect(service(name).depends_on).toMatchObject({
        schema: { condition: 'service_completed_successfully' },
        'temporal-namespace': { condition: 'service_completed_successfully' },
      });
    }
  });

  test('the namespace job registers every search attribute and keeps histories', () => {
    const job = commandOf(service('temporal-namespace'));
    for (const name of SEARCH_ATTRIBUTES) expect(job).toContain(name);
    expect(job).toContain('--retention 30d');
  });

  test.each([
    ['api', '3000', '/health/ready'],
    ['worker', '9464', '/metrics'],
  ])('%s is healthy by a page on port %s, which it listens on', (name, port, page) => {
    const { healthcheck, environment = {} } = service(name);
    expect(healthcheck?.test.join(' ')).toContain(`127.0.0.1:${port}${page}`);
    expect(Object.values(environment)).toContain(port);
  });

  test('whatever goes on running says whether it is well', () => {
    const running = Object.entries(services).filter(([, { restart }]) => restart === 'unless-stopped');
    expect(running.length).toBeGreaterThan(4);
    expect(running.flatMap(([name, { healthcheck }]) => (healthcheck ? [] : [name]))).toEqual([]);
  });

  test('Postgres is durable, and nothing is published beyond this machine', () => {
    expect(commandOf(service('postgres'))).toContain('synchronous_commit=on');
    const published = Object.values(services).flatMap(({ ports = [] }) => ports);
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });
});
