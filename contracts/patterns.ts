// What each regular expression of a schema demands, in words: a refusal says it to people, who read no regular
// expressions.

const demands = new Map<string, string>();

/** Registers what a pattern demands, as the end of a sentence that begins with the value; returns the pattern. */
export function written(pattern: string, demand: string): string {
  demands.set(pattern, demand);
  return pattern;
}

/** What a pattern demands, in words; undefined for one nobody registered. */
export const demandOfPattern = (pattern: string): string | undefined => demands.get(pattern);
