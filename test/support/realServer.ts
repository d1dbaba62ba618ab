// Whether the real Temporal server can be had here: tests that need it are skipped elsewhere, and say why.
import { findRealServer } from '../../engine/realServerBinaries.js';
import { machineSettings } from '../../engine/settings.js';
import { firstOnPath } from '../../engine/temporalCli.js';

/** Why a test of it is skipped, said on stderr in a long run; undefined where it runs. */
export async function whyNoRealServer(): Promise<string | undefined> {
  if (process.env.L2C_LONG !== '1') return 'a long run only';
  if (await firstOnPath('go', process.env.PATH)) return undefined;
  try {
    await findRealServer({ ...machineSettings(process.env), searchPath: '', env: {} }); // One built before does too.
    return undefined;
  } catch {
    process.stderr.write('the real Temporal server: skipped: no Go\n');
    return 'skipped: no Go';
  }
}
