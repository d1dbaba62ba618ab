// The ways a first contact reaches us. What a campaign, a medium or a source file calls it is kept beside it.

export const CHANNELS = [
  'advertising',
  'social',
  'website',
  'referral',
  'email',
  'event',
  'partner',
  'import',
  'unknown',
  'other',
] as const;
export type Channel = (typeof CHANNELS)[number];
