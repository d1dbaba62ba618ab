// What a setting is worth, at its smallest: it is measured beside ours, and a wrong name starts nothing.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { SettingWorth } from '../../bench/settings/main.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/bench.mjs', import.meta.url));
const run = promisify(execFile);
const long = process.env.L2C_LONG ? test : test.skip;

describe('the bench of the settings', () => {
  test('names the settings there are when none has the name', async () => {
    const failed = await run(process.execPath, [SCRIPT, '--settings', 'turbo']).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: 2 });
    const { stderr } = failed as { stderr: string };
    expect(stderr).toMatch(
      /no setting has "turbo" in its name; there are .*stickyQueueScheduleToStartTimeout/,
    );
  }, 60_000);

  long(
    'runs leads with it and without it, and kills a worker of both',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'l2c-test-settings-'));
      const file = join(folder, 'settings.json');
      try {
        const { stdout } = await run(
          process.execPath,
          [SCRIPT, '--settings', 'sticky', '--mini', '--json', file],
          {
            env: { ...process.env, TMPDIR: folder },
          },
        );
        expect(stdout).toContain('stickyQueueScheduleToStartTimeout=1s');
        const { settings } = JSON.parse(readFileSync(file, 'utf8')) as { settings: SettingWorth[] };
        expect(settings).toHaveLength(1);
        expect(settings[0]).toMatchObject({ instead: '10 s', transitions: [20, 20] });
        expect(settings[0]?.recovery).toHaveLength(2);
      } finally {
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    300_000,
  );
});
