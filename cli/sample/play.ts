// The play: forty leads of a quarter, lived in front of the reader through the API.
import type { Db } from '../../db/pool.js';
import type { Product } from '../serve.js';
import type { SampleState } from './file.js';
import type { SampleOptions } from './sample.js';

/** Business days the play covers; they end today. */
export const PLAYED_DAYS = 90;

export interface PlayOptions extends SampleOptions {
  readonly state: SampleState;
  readonly onBegan: (beganAtMs: number) => void;
}

export async function resumeClock(_db: Db, _nowMs: number): Promise<void> {}

export async function playSample(_product: Product, _options: PlayOptions): Promise<void> {}
