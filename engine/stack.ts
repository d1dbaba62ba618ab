import type { Stack, StackSettings } from './settings.js';

export type { MachineSettings, Stack, StackEvent, StackPorts, StackSettings } from './settings.js';
export { machineSettings, StackError } from './settings.js';

/**
 * Starts what is not given as an address: Postgres with the database `l2c` and its two roles, and a Temporal dev
 * server with the namespace, retention and search attributes the workflows need. Restarts either on the same port
 * when it dies, and leaves nothing behind when this process is killed.
 *
 * @throws StackError whose message tells the way out; everything started so far is stopped
 */
export declare function startStack(settings: StackSettings): Promise<Stack>;
