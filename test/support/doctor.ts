// The doctor beside a scene.
import { execFile } from 'node:child_process';
import type { Scene } from './product.js';

type Finding = { check: string; ok: boolean; detail: string; figures?: Record<string, number> };

export interface DoctorAnswer {
  readonly code: number;
  readonly verdict: string;
  of(check: string): Finding | undefined;
}

/** `l2c doctor` as an operator runs it, on the settings of the scene. */
export const askDoctor = ({ config, stateDir, database }: Scene): Promise<DoctorAnswer> =>
  new Promise((resolve) => {
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: database.ownerUrl,
      L2C_APP_DATABASE_URL: database.appUrl,
      TEMPORAL_ADDRESS: config.temporal.address,
      L2C_TASK_QUEUE: config.temporal.taskQueue,
      L2C_STATE_DIR: stateDir,
    };
    execFile(process.execPath, ['cli/l2c.mjs', 'doctor', '--json'], { env }, (error, stdout) => {
      const { verdict, findings } = JSON.parse(stdout) as { verdict: string; findings: Finding[] };
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, verdict, of: (check) => findings.find((one) => one.check === check) });
    });
  });
