// Loaded into Jest by scripts/test.mjs: when that is killed, Jest must not go on alone. Jest's own workers inherit
// it, and live by their channel: they end with Jest.
if (process.channel && process.env.JEST_WORKER_ID === undefined) {
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
