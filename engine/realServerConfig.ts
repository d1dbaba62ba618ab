// The configuration of a real Temporal server: one process with its four services on the loopback, its two
// databases on one Postgres. Written as JSON, which is YAML as well.
import { TUNING } from './temporal.js';

export const STORE = 'temporal';
export const VISIBILITY = 'temporal_visibility';
/** The driver with pgx; the schema is the same as that of `postgres12`. */
export const SQL_PLUGIN = 'postgres12_pgx';
/** It can never be changed for a database: four are what docker-compose.yml has. */
export const SHARDS = 4;
/** How often each service reads the namespaces anew; the server's own value. */
export const NAMESPACE_REFRESH_MS = 2_000;

export const SERVICES = ['frontend', 'history', 'matching', 'worker'] as const;
type Service = (typeof SERVICES)[number];
/** Where a service answers, and where it is told who is there. */
export type ServicePorts = Readonly<Record<Service, { readonly grpc: number; readonly membership: number }>>;

export interface ServerConfigSettings {
  readonly ports: ServicePorts;
  readonly postgres: { readonly port: number; readonly user: string; readonly password: string };
  /** File of the dynamic configuration. */
  readonly dynamicFile: string;
}

const LOOPBACK = '127.0.0.1';

/** The server's configuration file. */
export function serverConfig({ ports, postgres, dynamicFile }: ServerConfigSettings): string {
  const store = (databaseName: string, maxConns: number) => ({
    sql: {
      pluginName: SQL_PLUGIN,
      databaseName,
      connectAddr: `${LOOPBACK}:${postgres.port}`,
      connectProtocol: 'tcp',
      user: postgres.user,
      password: postgres.password,
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  const rpc = ({ grpc, membership }: { grpc: number; membership: number }) => ({
    rpc: { grpcPort: grpc, membershipPort: membership, bindOnIP: LOOPBACK },
  });
  return asYaml({
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'store',
      visibilityStore: 'visibility',
      numHistoryShards: SHARDS,
      // The sizes of pools docker-compose.yml gets from the image's template.
      datastores: { store: store(STORE, 20), visibility: store(VISIBILITY, 10) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: LOOPBACK } },
    services: Object.fromEntries(SERVICES.map((name) => [name, rpc(ports[name])])),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `${LOOPBACK}:${ports.frontend.grpc}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: dynamicFile, pollInterval: '60s' },
  });
}

/** The file of dynamic configuration: the tuning the dev server has from us. */
export function dynamicConfig(timerMaxShiftMs?: number): string {
  const values = TUNING.map((one): [string, unknown] => {
    const [key = '', value = ''] = one.split('=');
    return [key, JSON.parse(value)];
  });
  if (timerMaxShiftMs !== undefined) {
    values.push(['history.timerProcessorMaxTimeShift', `${timerMaxShiftMs}ms`]);
  }
  return asYaml(Object.fromEntries(values.map(([key, value]) => [key, [{ value }]])));
}

const asYaml = (content: object): string => `${JSON.stringify(content, null, 2)}\n`;
