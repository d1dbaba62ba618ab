// Together they reach every activity of the worker and every call of the API that writes.
import type { CrashStory } from './moves.js';
import { company } from './stories/company.js';
import { golden } from './stories/golden.js';
import { cancelled, monthly, undecided, unpaid } from './stories/money.js';
import { changing, silent } from './stories/selling.js';
import { broken, mails } from './stories/trouble.js';

export const STORIES: Readonly<Record<string, CrashStory>> = {
  golden,
  silent,
  changing,
  unpaid,
  cancelled,
  undecided,
  monthly,
  broken,
  mails,
  company,
};
