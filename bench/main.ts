import { live } from './golden.js';
import { Rig } from './rig.js';

export async function bench(_argv: readonly string[]): Promise<number> {
  const rig = await Rig.open({ seed: 1, limitMs: 60_000, durable: true, onProgress: console.error });
  try {
    const lead = rig.lead();
    const t = performance.now();
    await live(lead, {
      watch: { after: async (call) => console.error(call, Math.round(performance.now() - t)) },
    });
    console.error(await rig.worker.ask('heapInUse'));
    console.error(rig.cpu());
  } finally {
    await rig.close();
  }
  return 0;
}
