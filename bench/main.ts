import { openControls } from './controls/controls.js';
import { record } from './controls/recording.js';
import { byUsers, live } from './golden.js';
import { bundles } from './measures/bundles.js';
import { Rig } from './rig.js';

export async function bench(_argv: readonly string[]): Promise<number> {
  const rig = await Rig.open({ seed: 1, limitMs: 60_000, durable: true, onProgress: console.error });
  try {
    const recording = await record(rig);
    for (const [call, commits] of Object.entries(recording.calls))
      console.error(
        call,
        commits.map((c) => `${c.by}:${c.step} ${c.changes.length}`),
      );
    const b = await bundles(rig);
    console.error(b);
    const [a, c] = await rig.copyDatabase('l2c_k0', 'l2c_k1');
    const { k0, k1 } = await openControls(rig, recording, [a!, c!], b.plain);
    for (const system of [rig.system, k0, k1]) {
      const t = performance.now();
      await byUsers(4, 8, () => live(rig.lead(system.crew)));
      console.error(system.name, Math.round(performance.now() - t));
    }
  } finally {
    await rig.close();
  }
  return 0;
}
