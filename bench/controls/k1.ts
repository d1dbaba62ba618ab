// What both processes of K1 have to agree on.
import type { Plan } from './plan.js';

export interface ControlSettings {
  readonly appUrl: string;
  readonly plan: Plan;
  readonly pool: number;
  readonly engineAddress: string;
  readonly namespace: string;
}

export const K1_QUEUE = 'bench-k1';
export const K1_CHANNEL = 'bench_k1';
