// Which refusals the tests were really given over HTTP. Every client of the tests writes the codes it meets into one
// file; at the end of a whole run globalTeardown compares them with the table.
import { appendFileSync } from 'node:fs';

const FILE = process.env.L2C_TEST_MET_FILE;
const noted = new Set<string>();

/** Notes the code of a problem document, if the answer is one. */
export function met(status: number, body: unknown): void {
  const code = (body as { code?: unknown } | null)?.code;
  if (status < 400 || typeof code !== 'string' || FILE === undefined || noted.has(code)) return;
  noted.add(code);
  appendFileSync(FILE, `${code}\n`);
}
