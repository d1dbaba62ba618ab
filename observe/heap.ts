// How a process of ours collects its garbage.
import { setFlagsFromString } from 'node:v8';

/**
 * Lets one thread collect what dies young. V8 wakes a helper for each core, some thirty times a second, and they cost
 * more than the few milliseconds they share: 6 % of the worker's CPU, 5 % of the API's. What lives long is still marked
 * beside the program.
 */
export const collectWithoutHelpers = (): void => setFlagsFromString('--no-parallel-scavenge');
