// What a setting takes, in words.
import type { TSchema } from 'typebox';

interface Demand {
  type?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
  enum?: readonly string[];
  description?: string;
}

/** `a whole number from 0 to 65535`: for the sentence that refuses a value. */
export function demandOf(schema: TSchema): string {
  const { type, minimum, maximum, maxLength, pattern, enum: words, description } = schema as Demand;
  if (words !== undefined) return `one of ${words.join(', ')}`;
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`;
  if (pattern !== undefined) return `an address like this: ${description}`;
  return `text of at most ${maxLength} characters`;
}
