// An engine somebody else started, as `npm run real-server` does: its address, and the processes whose CPU counts.
import { identify } from '../engine/processes.js';

export interface ServerPids {
  readonly postgres: number;
  readonly engine: number;
  /** Only where the engine's database is a process of its own; the dev server keeps its file itself. */
  readonly engineDb?: number;
}

export interface GivenEngine {
  readonly address: string;
  readonly namespace: string;
  readonly pids: { readonly engine: number; readonly engineDb: number };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The engine `TEMPORAL_ADDRESS` names, when `L2C_BENCH_ENGINE_PIDS` tells its processes as `server,postgres`.
 * An address alone is passed over: a bench that does not see what its engine costs measures something else.
 *
 * @throws RangeError naming the variable when it names no two living processes, or there is no address
 */
export function givenEngine(env: Environment): GivenEngine | undefined {
  const told = env.L2C_BENCH_ENGINE_PIDS;
  if (!told) return undefined;
  const [engine = 0, engineDb = 0, ...more] = told.split(',').map(Number);
  for (const pid of [engine, engineDb, ...more]) {
    if (more.length > 0 || !Number.isInteger(pid) || pid < 2 || identify(pid) === undefined) {
      throw new RangeError(
        `L2C_BENCH_ENGINE_PIDS=${told} does not name two living processes, as 4711,4712: server, its Postgres`,
      );
    }
  }
  if (!env.TEMPORAL_ADDRESS) {
    throw new RangeError('L2C_BENCH_ENGINE_PIDS needs TEMPORAL_ADDRESS, the address of that engine');
  }
  return {
    address: env.TEMPORAL_ADDRESS,
    namespace: env.TEMPORAL_NAMESPACE || 'default',
    pids: { engine, engineDb },
  };
}
