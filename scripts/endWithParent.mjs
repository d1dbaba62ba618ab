// Loaded into Jest by scripts/test.mjs: when that is killed, Jest must not go on alone.
if (process.channel) {
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
