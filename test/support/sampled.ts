/** Says what a normal run draws of what the long one (`npm run test:long`) has all of. */
export function sampled(what: string): void {
  process.stderr.write(`sampled: ${what}\n`);
}
