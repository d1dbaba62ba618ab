/** What a command ends with. Documented in docs/operations.md and in `l2c --help`. */
export const EXIT = {
  /** Done, and all is well. */
  ok: 0,
  /** Done, and something was found. */
  found: 1,
  /** The command or a setting is wrong; nothing was done. */
  usage: 2,
  /** Something the command needs cannot be reached or started. */
  unreachable: 3,
  /** A fault of ours: something nobody expected. */
  fault: 4,
  /** Ended by a second signal. */
  stopped: 130,
} as const;
