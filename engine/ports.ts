import { createServer } from 'node:net';

// Below the ephemeral range: while a server is down for a restart, no outgoing connection can take its port.
const FIRST = 20_000;
const LAST = 29_999;
const ATTEMPTS = 200;

export type PortAnswer = { port: number; from: 'settings' | 'memory' | 'free' };

/** Could a server listen on this port of 127.0.0.1 now? */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Chooses a port: the one that was asked for, else the remembered one when it is free, else any free one.
 *
 * @throws RangeError when the port that was asked for is taken, or none is free
 */
export async function choosePort(asked: number | undefined, remembered?: number): Promise<PortAnswer> {
  if (asked !== undefined) {
    if (await isPortFree(asked)) return { port: asked, from: 'settings' };
    throw new RangeError(`port ${asked} of 127.0.0.1 is taken: stop what listens there or set another port`);
  }
  if (remembered !== undefined && (await isPortFree(remembered))) return { port: remembered, from: 'memory' };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await isPortFree(port)) return { port, from: 'free' };
  }
  throw new RangeError(`no free port of 127.0.0.1 in ${ATTEMPTS} tries between ${FIRST} and ${LAST}`);
}
