// Together they reach every activity of the worker, every call of the API that writes and every statement beside them.
import type { CrashStory } from './moves.js';
import { company } from './stories/company.js';
import { golden } from './stories/golden.js';
import { cancelled, monthly, undecided, unpaid } from './stories/money.js';
import { changing, silent } from './stories/selling.js';
import { refused, stuck, untold } from './stories/telling.js';
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
  refused,
  untold,
  stuck,
  company,
};
