import { expect, test } from '@jest/globals';
import { summaryOf } from '../../cli/importLeads.js';

const view = {
  id: 'import_1',
  status: 'done',
  dryRun: true,
  read: 5,
  created: 2,
  duplicates: 1,
  rejected: 2,
  failure: null,
  errors: [{ line: 3, column: 'email', reason: 'x is no address' }],
};

test.each([
  ['en', '5 read, 2 new, 1 known, 2 refused (dry run: nothing was written)', 'line 3, email', 'and 1 more'],
  [
    'es',
    '5 leídas, 2 nuevas, 1 conocidas, 2 rechazadas (simulación: no se escribió nada)',
    'línea 3, email',
    'y 1 más',
  ],
] as const)('an import is summed up in %s', (language, counts, row, more) => {
  const said = summaryOf(view as never, language);
  for (const part of [counts, row, more]) expect(said).toContain(part);
});
